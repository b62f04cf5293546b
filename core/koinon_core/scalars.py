"""Amounts of a scalar resource in three-decimal fixed point, so that sums and comparisons are exact.

mesos-v1-api 1.3: all arithmetic on scalars rounds to 0.001. Kept as an integer number of thousandths.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import Enum
from math import inf, isfinite

from attrs import frozen

from .errors import InvalidValue

_PER_UNIT = 1000
_MAX_EXPONENT = 18
"""Beyond an exabyte in MB or 10^12 of anything else nothing is real; Decimal would fill the memory with zeros."""


@frozen
class Scalar:
    """An amount of cpus, megabytes or anything counted with a fraction. May be negative as a difference."""

    thousandths: int = 0

    @classmethod
    def of(cls, value: float) -> Scalar:
        """Round a number to the nearest thousandth, halves away from zero.

        Raises InvalidValue for what is no finite number.
        """
        if not isfinite(value) or abs(value) >= 10.0 ** (_MAX_EXPONENT + 1):
            raise InvalidValue("scalar", f"{value} is not a number that can be an amount")
        scaled = abs(value) * _PER_UNIT
        rounded = int(scaled + 0.5)
        return cls(rounded if value >= 0 else -rounded)

    @classmethod
    def parse(cls, text: str) -> Scalar:
        """Read a decimal number. Raises InvalidValue for anything else."""
        try:
            number = Decimal(text.strip())
        except InvalidOperation:
            raise InvalidValue("scalar", f"{text!r} is not a number") from None
        if not number.is_finite() or number.adjusted() > _MAX_EXPONENT:
            raise InvalidValue("scalar", f"{text!r} is not a number that can be an amount")
        return cls(int((number * _PER_UNIT).to_integral_value(ROUND_HALF_UP)))

    def __add__(self, other: Scalar) -> Scalar:
        return Scalar(self.thousandths + other.thousandths)

    def __sub__(self, other: Scalar) -> Scalar:
        return Scalar(self.thousandths - other.thousandths)

    # Written out, as those that attrs makes build two tuples for each comparison, and offers are made of comparisons.
    def __lt__(self, other: Scalar) -> bool:
        return self.thousandths < other.thousandths

    def __le__(self, other: Scalar) -> bool:
        return self.thousandths <= other.thousandths

    def __gt__(self, other: Scalar) -> bool:
        return self.thousandths > other.thousandths

    def __ge__(self, other: Scalar) -> bool:
        return self.thousandths >= other.thousandths

    def __float__(self) -> float:
        return self.thousandths / _PER_UNIT

    def __bool__(self) -> bool:
        return self.thousandths != 0

    def __str__(self) -> str:
        whole, rest = divmod(abs(self.thousandths), _PER_UNIT)
        sign = "-" if self.thousandths < 0 else ""
        return f"{sign}{whole}.{rest:03d}".rstrip("0").rstrip(".")


ZERO = Scalar(0)


class Unlimited(Enum):
    """The one amount without bounds: what a limit may be, and no resource. ``Infinity`` on the wire."""

    UNLIMITED = "Infinity"

    def __float__(self) -> float:
        return inf

    def __str__(self) -> str:
        return "unlimited"


UNLIMITED = Unlimited.UNLIMITED
Limit = Scalar | Unlimited
"""The most that a task may use."""
