"""Where a framework stands in line: beside whom, by which shares and weights, and what it put in its own way.

Tells what the sorters go by (mesos-semantics 5.3). Why an agent is not offered is ``explain``'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from koinon_core.ids import AgentId
from koinon_core.resources import Resources

from .clients import Amounts, Subscription
from .filters import RefusalFilters
from .role_tree import RoleNode, RoleTree
from .sorter import Claimant, Yardstick

_OWN_MARK = "/."
"""How an inner role's own frameworks are called among its children."""


@frozen(kw_only=True)
class Rival:
    """One of those that compete at one level: a role among roles, or a framework within its role."""

    name: str
    share: float
    """The dominant share of what it holds with all beneath it, in tasks and in offers, between 0 and 1."""
    weight: float
    wants_offers: bool
    is_own: bool
    """Whether it is the framework itself, or the role that it is in."""
    is_framework: bool = False

    @property
    def rank(self) -> float:
        """Who has least is asked first."""
        return self.share / self.weight


@frozen(kw_only=True)
class Refused:
    """What a framework refused of an agent, and for how long, in seconds since 1970."""

    agent_id: AgentId
    resources: Resources
    until: float


@frozen(kw_only=True)
class Standing:
    """One role of one framework."""

    role: str
    is_suppressed: bool
    held: Amounts
    """In tasks and in offers, in thousandths."""
    share: float
    fair_share: float
    """Of a resource that all want: what its weights are sure to come to beside all that take part now."""
    least: tuple[Amounts, ...]
    """What it says an offer must hold at least to be worth one; one of these is enough."""
    levels: tuple[tuple[Rival, ...], ...]
    """Those it competes with, from the outermost roles down to the frameworks of its role; the next in line first."""
    refused: tuple[Refused, ...]


def find_standing(
    subscription: Subscription, tree: RoleTree, yardstick: Yardstick, refusals: RefusalFilters
) -> Standing:
    """Of one role of one framework, now."""
    levels = [_rank(nodes, own, yardstick) for own, nodes in _lineage(subscription.role.leaf, tree)]
    levels.append(_rank(subscription.role.subscriptions, subscription, yardstick))
    lots = refusals.of(subscription)
    return Standing(
        role=subscription.role.name,
        is_suppressed=subscription.is_suppressed,
        held=dict(subscription.amounts),
        share=yardstick.share(subscription.amounts),
        fair_share=_fair_share(levels),
        least=subscription.least or (),
        levels=tuple(tuple(level) for level in levels),
        refused=tuple(
            Refused(agent_id=lot.agent_id, resources=lot.resources, until=lot.refusers[subscription]) for lot in lots
        ),
    )


def _lineage(leaf: RoleNode, tree: RoleTree) -> Sequence[tuple[RoleNode, list[RoleNode]]]:
    """Each role on the way from the outermost to this one, with those beside it."""
    found = []
    node: RoleNode | None = leaf
    while node is not None:
        found.append((node, tree.siblings(node)))
        node = node.parent
    return found[::-1]


def _rank(claimants: Iterable[Claimant], own: Claimant, yardstick: Yardstick) -> list[Rival]:
    """Those that want offers or hold something, and the own one in any case."""
    taking_part = [one for one in claimants if one.is_listed or one.amounts or one is own]
    return [
        Rival(
            name=one.name.removesuffix(_OWN_MARK),
            share=yardstick.share(one.amounts),
            weight=one.weight,
            wants_offers=one.is_listed,
            is_own=one is own,
            is_framework=isinstance(one, Subscription),
        )
        for one in sorted(taking_part, key=yardstick.rank)
    ]


def _fair_share(levels: Iterable[Sequence[Rival]]) -> float:
    share = 1.0
    for level in levels:
        own = sum(rival.weight for rival in level if rival.is_own)
        share *= own / sum(rival.weight for rival in level)
    return share
