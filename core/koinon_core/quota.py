"""What a role is sure to get, and what it may have at most (mesos-semantics 5.4, mesos-operator-api 1.2)."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from .quantities import Quantities
from .resources import NOTHING, Resources
from .scalars import Scalar


@frozen(kw_only=True)
class QuotaConfig:
    """A role's guarantees and limits by resource name. A name without a limit is unlimited; without both maps the role
    has no quota.
    """

    role: str
    guarantees: Mapping[str, Scalar] = field(factory=dict)
    limits: Mapping[str, Scalar] = field(factory=dict)

    @property
    def is_default(self) -> bool:
        """Whether this is what a role has that was never given a quota."""
        return not any(self.guarantees.values()) and not self.limits

    @property
    def guaranteed(self) -> Quantities:
        """The guarantees as an amount."""
        return Quantities(dict(self.guarantees))


@frozen(kw_only=True)
class QuotaRequest:
    """The older way to ask for quota: a guarantee that is also the limit."""

    role: str | None = None
    guarantee: Resources = NOTHING
    force: bool | None = None


@frozen
class WeightInfo:
    """How much of its parent's share a role gets, beside siblings of weight 1."""

    weight: float
    role: str | None = None
