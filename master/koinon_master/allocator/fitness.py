"""Which agents a framework may be offered at all, whatever is free there: GPUs, regions, its own constraints.

Each filter decides with ``passes`` and says why not with ``explain``; allocation and explanation ask the same ones.
"""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from .accounts import AgentAccount
from .clients import Subscription


class AgentFilter(Protocol):
    """One reason not to offer an agent to somebody."""

    @property
    def name(self) -> str:
        """What machines count refusals by."""

    def passes(self, subscription: Subscription, account: AgentAccount) -> bool:
        """Whether the agent may be offered as far as this filter goes."""

    def explain(self, subscription: Subscription, account: AgentAccount) -> str:
        """Why the agent did not pass, for people."""


@frozen
class GpuFilter:
    """Agents with GPUs are for frameworks that know what to do with them (--filter_gpu_resources)."""

    is_on: bool
    name = "gpus"

    def passes(self, subscription: Subscription, account: AgentAccount) -> bool:
        """See ``AgentFilter``."""
        return not (account.has_gpus and self.is_on) or subscription.client.knows_gpus

    def explain(self, subscription: Subscription, account: AgentAccount) -> str:  # noqa: ARG002 - as all filters
        """See ``AgentFilter``."""
        return "the agent has GPUs, and the framework lacks the capability GPU_RESOURCES"


@frozen
class RegionFilter:
    """Agents of another region than the master's are for frameworks that know regions (mesos-semantics 10)."""

    home: str | None
    name = "region"

    def passes(self, subscription: Subscription, account: AgentAccount) -> bool:
        """See ``AgentFilter``."""
        is_remote = self.home is not None and account.region is not None and account.region != self.home
        return not is_remote or subscription.client.knows_regions

    def explain(self, subscription: Subscription, account: AgentAccount) -> str:  # noqa: ARG002 - as all filters
        """See ``AgentFilter``."""
        where = f"the agent is in region {account.region}, the master in {self.home}"
        return f"{where}, and the framework lacks the capability REGION_AWARE"


@frozen
class ConstraintFilter:
    """The framework's own offer constraints (mesos-v1-api 2.9)."""

    name = "offer constraint"

    def passes(self, subscription: Subscription, account: AgentAccount) -> bool:
        """See ``AgentFilter``."""
        return subscription.constraints is None or subscription.constraints.passes(account.info)

    def explain(self, subscription: Subscription, account: AgentAccount) -> str:
        """See ``AgentFilter``."""
        if subscription.constraints is None:
            raise ValueError("there are no constraints")
        return f"the framework's offer constraints exclude the agent: {subscription.constraints.explain(account.info)}"
