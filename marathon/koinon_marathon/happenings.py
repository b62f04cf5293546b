"""What a turn leads to that no record and no call says in full: who refused what, who launched where, who is killed.

Noted where it happens, for whoever tells people of it (`timeline`).
"""

import attrs

from koinon_core.offers import Offer
from koinon_frameworks.matching.refusals import Refusal

from .definition.path_ids import PathId
from .instance.instances import Instance


@attrs.frozen(kw_only=True)
class Origin:
    """Who sent a request: from where, and under which name if they had to prove one."""

    address: str
    principal: str | None = None

    def __str__(self) -> str:
        return f"{self.principal} from {self.address}" if self.principal else self.address


@attrs.frozen
class OfferRefused:
    """An offer did not do for an app or a pod that waits; reasons in the order of checks."""

    spec_id: PathId
    offer: Offer
    refusals: tuple[Refusal, ...]


@attrs.frozen
class OfferTaken:
    """An instance launches on an offer, or first has resources of it set aside. `instance` as it is after that."""

    instance: Instance
    offer: Offer
    is_set_aside: bool = False


@attrs.frozen
class KillBegun:
    """An instance with something that runs is to be ended."""

    instance: Instance


Happening = OfferRefused | OfferTaken | KillBegun
