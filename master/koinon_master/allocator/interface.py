"""The verbs that the master may use on an allocator, and what comes out of one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol, runtime_checkable

from attrs import frozen

from koinon_core.agents import AgentInfo
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.offer_constraints import OfferConstraints
from koinon_core.quantities import Quantities
from koinon_core.quota import QuotaConfig
from koinon_core.resources import Resources

from .standing import Standing


@frozen(kw_only=True)
class Grant:
    """Resources of an agent that are one role's of one framework from now on: to be offered, or already used."""

    framework_id: FrameworkId
    role: str
    agent_id: AgentId
    resources: Resources


@frozen(kw_only=True)
class Refusal:
    """Why nothing of an agent is offered to one role of one framework now. ``filter`` is a short name that machines
    may count by, ``reason`` a sentence for people.
    """

    framework_id: FrameworkId
    role: str
    agent_id: AgentId
    filter: str
    reason: str


@runtime_checkable
class Allocator(Protocol):
    """Keeps count of what is free and decides who is offered it."""

    def add_framework(
        self,
        framework_id: FrameworkId,
        info: FrameworkInfo,
        suppressed: Collection[str],
        constraints: OfferConstraints | None = None,
    ) -> None:
        """Begin to offer to a framework, or go on after it changed or came back. Its refusals stay."""
        ...

    def deactivate_framework(self, framework_id: FrameworkId) -> None:
        """Offer nothing more to a framework and forget its refusals; what it uses stays counted."""
        ...

    def remove_framework(self, framework_id: FrameworkId) -> None:
        """Forget a framework whose grants were all recovered."""
        ...

    def add_agent(self, agent_id: AgentId, info: AgentInfo) -> None:
        """Offer of an agent from now on, or go on after it changed or came back."""
        ...

    def deactivate_agent(self, agent_id: AgentId) -> None:
        """Offer nothing more of an agent; what is used of it stays counted."""
        ...

    def remove_agent(self, agent_id: AgentId) -> None:
        """Forget an agent whose grants were all recovered."""
        ...

    def change_agent(self, agent_id: AgentId, info: AgentInfo) -> None:
        """What an agent has is something else now (reserved, freed, made a volume); what is granted of it stays."""
        ...

    def convert(self, grant: Grant, into: Resources) -> None:
        """Resources of a grant became others: the agent has, and the grant's holder holds, ``into`` instead."""
        ...

    def set_weights(self, weights: Mapping[str, float]) -> None:
        """All weights that are not 1."""
        ...

    def set_quotas(self, quotas: Mapping[str, QuotaConfig]) -> None:
        """All roles' guarantees and limits."""
        ...

    def pause(self, why: str | None) -> None:
        """Allocate nothing, for this reason, until paused with None."""
        ...

    def charge(self, grant: Grant) -> None:
        """Count resources as granted that were not offered: tasks that an agent brought along."""
        ...

    def recover(self, grant: Grant) -> None:
        """Take a grant, or a part of one, back."""
        ...

    def refuse(self, grant: Grant, until: float) -> None:
        """Offer no more than this of that agent to that role of that framework, until then."""
        ...

    def revive(self, framework_id: FrameworkId, roles: Collection[str]) -> None:
        """Forget the refusals of these roles, and suppress them no longer."""
        ...

    def suppress(self, framework_id: FrameworkId, roles: Collection[str]) -> None:
        """Offer these roles nothing until they revive."""
        ...

    def expire(self, now: float) -> None:
        """Drop the refusals that have run out."""
        ...

    def has_work(self) -> bool:
        """Whether ``allocate`` may find something to grant."""
        ...

    def allocate(self) -> list[Grant]:
        """Grant what is free and changed since the last time; each grant counts as used until it is recovered."""
        ...

    def next_expiry(self) -> float | None:
        """When ``expire`` is due, or None."""
        ...

    def total(self) -> Quantities:
        """What all known agents have together, connected or not."""
        ...

    def granted(self) -> Quantities:
        """What all frameworks hold together, in tasks and in offers."""
        ...

    def free(self, agent_id: AgentId) -> Resources:
        """What nobody holds of an agent."""
        ...

    def quota_consumed(self, role: str) -> Quantities:
        """What counts against a top-level role's limits: granted, or reserved and not granted (mesos-semantics 5.4)."""
        ...

    def active_filters(self) -> Mapping[str, int]:
        """How many refusals hold, by role."""
        ...

    def set_whitelist(self, hostnames: Collection[str] | None) -> None:
        """Offer of agents with these hostnames alone; None: of all."""
        ...

    def explain(
        self,
        framework_id: FrameworkId | None = None,
        role: str | None = None,
        offers: Collection[Grant] = (),
    ) -> list[Refusal]:
        """Why each agent is not offered now to this framework, this role, or anybody: one line a framework, role and
        agent. ``offers`` are the grants that are offers still, so that these can be told from what is used.
        """
        ...

    def standings(self, framework_id: FrameworkId) -> list[Standing]:
        """Where a framework stands in line, role by role; nothing of one that is not there."""
        ...

    def shares(self) -> Mapping[str, float]:
        """The dominant share of each role."""
        ...

    def check(self) -> None:
        """State the invariants; raises AssertionError when one is broken."""
        ...
