"""Plain amounts by resource name, as sorters and quotas count them: no roles, no reservations, scalars only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from attrs import field, frozen

from .errors import InvalidValue, NotContained
from .resources import Resources
from .scalars import ZERO, Scalar


def _check_amounts(amounts: Mapping[str, Scalar]) -> dict[str, Scalar]:
    for name, amount in amounts.items():
        if amount < ZERO:
            raise InvalidValue(name, f"a quantity must not be negative, {amount} is")
    return {name: amount for name, amount in amounts.items() if amount}


@frozen
class Quantities:
    """How much of each name; never negative, and what is zero is absent."""

    amounts: Mapping[str, Scalar] = field(factory=dict, converter=_check_amounts)

    @classmethod
    def of(cls, resources: Resources) -> Quantities:
        """The sum of the scalars by name. A shared resource counts once."""
        return cls.of_thousandths(resources.thousandths)

    @classmethod
    def of_thousandths(cls, amounts: Mapping[str, int]) -> Quantities:
        """Amounts counted in whole thousandths, as they are where sums must be cheap."""
        return cls({name: Scalar(amount) for name, amount in amounts.items()})

    def __iter__(self) -> Iterator[tuple[str, Scalar]]:
        return iter(self.amounts.items())

    def __bool__(self) -> bool:
        return bool(self.amounts)

    def __getitem__(self, name: str) -> Scalar:
        return self.amounts.get(name, ZERO)

    def __add__(self, other: Quantities) -> Quantities:
        return Quantities({name: self[name] + other[name] for name in {*self.amounts, *other.amounts}})

    def __sub__(self, other: Quantities) -> Quantities:
        """Take away what is there. Raises NotContained for anything else."""
        if not self >= other:
            raise NotContained(str(other), str(self))
        return Quantities({name: amount - other[name] for name, amount in self})

    def __ge__(self, other: Quantities) -> bool:
        """Whether there is at least as much of every name of ``other``."""
        return all(self[name] >= amount for name, amount in other)

    def __str__(self) -> str:
        return "; ".join(f"{name}:{amount}" for name, amount in sorted(self.amounts.items())) or "nothing"


def dominant_share(used: Quantities, total: Quantities, excluded: Collection[str] = ()) -> float:
    """The largest part of any one resource that is used (mesos-semantics 5.3), between 0 and 1.

    Names of which the cluster has nothing, and those excluded from fair sharing, do not count.
    """
    shares = (
        amount.thousandths / total[name].thousandths for name, amount in used if total[name] and name not in excluded
    )
    return max(shares, default=0.0)
