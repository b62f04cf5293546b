"""The things of a master's memory as the operator API's messages, in JSON's words (mesos-operator-api 1.1).

Totals are in the endpoint format, everything else as it was launched or offered: reservations in the newer words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve
from orjson import Fragment

from koinon_core.conversions import find_origin
from koinon_core.frameworks import FrameworkInfo
from koinon_core.offers import AllocationInfo
from koinon_core.resources import Resources
from koinon_core.scalars import Limit
from koinon_core.wire import endpoint_json, refined_json
from koinon_core.wire.legacy import show_limit

from ..entities import Agent, Executor, Framework, HeldOffer, Task
from ..frameworks.machine import FrameworkPhase
from ..state import ClusterState
from . import fragments
from .fragments import encode, extend, fragment, keep, version
from .legacy import View, present, show_shared
from .sums import Sums

_NANOSECONDS = 1_000_000_000


def _id(value: str) -> View:
    return {"value": value}


def _time(seconds: float | None) -> View | None:
    return None if seconds is None else {"nanoseconds": int(seconds * _NANOSECONDS)}


def _plain(value: Any) -> Any:
    return None if value is None else refined_json.to_plain(value)


def _list(values: Iterable[Any]) -> list[Any] | None:
    """As a message has it: no list where nothing is in it."""
    return [_plain(value) for value in values] or None


def _totals(resources: Resources) -> list[View] | None:
    return endpoint_json.to_plain(resources) or None


def _limits(limits: Mapping[str, Limit] | None) -> View | None:
    return {name: {"value": show_limit(limit)} for name, limit in limits.items()} if limits else None


def show_task(task: Task) -> View:
    """The message ``Task``."""
    info = task.info
    command = info.command or (info.executor.command if info.executor is not None else None)
    return present(
        name=info.name,
        task_id=_id(task.id),
        framework_id=_id(task.framework_id),
        executor_id=None if info.executor is None else _id(info.executor.executor_id),
        agent_id=_id(task.agent_id),
        state=task.state.name,
        resources=_list(info.resources.allocated_to(task.role)),
        statuses=_list(task.statuses),
        status_update_state=None if task.status_update_state is None else task.status_update_state.name,
        status_update_uuid=_plain(task.status_update_uuid),
        labels=show_shared(info.labels),
        discovery=show_shared(info.discovery),
        container=show_shared(info.container),
        health_check=show_shared(info.health_check),
        kill_policy=show_shared(info.kill_policy),
        user=None if command is None else command.user,
        limits=_limits(info.limits),
    )


def encode_tasks(tasks: Mapping[Any, Task] | Iterable[Task]) -> list[Fragment]:
    """Tasks as they stand in every answer."""
    return fragments.encode_tasks(tasks, "operator_task", show_task)


def encode_history(framework: Framework) -> list[Fragment]:
    """The completed tasks of a framework, as one fragment if there are any."""
    return fragments.encode_history(framework, "operator_task", show_task)


def _show_agent_itself(agent: Agent, resources: Resources) -> View:
    return present(
        agent_info=_plain(evolve(agent.info, resources=find_origin(resources))),
        active=agent.is_connected and not agent.is_deactivated,
        deactivated=agent.is_deactivated,
        version=agent.version,
        pid=agent.pid,
        registered_time=_time(agent.registered_time),
        reregistered_time=_time(agent.reregistered_time),
        total_resources=_totals(resources),
        capabilities=_list(agent.capabilities),
        drain_info=_plain(agent.drain),
        estimated_drain_start_time=_time(agent.drain_started),
    )


def _show_held(sums: Sums, agent: Agent) -> View:
    used, offered = sums.visible(sums.used_of(agent)), sums.visible(sums.offered(agent))
    return present(allocated_resources=_totals(used), offered_resources=_totals(offered))


def show_agent(sums: Sums, agent: Agent) -> View:
    """The message ``GetAgents.Agent``, without what is reserved for or allocated to hidden roles."""
    return _show_agent_itself(agent, sums.visible(agent.info.resources)) | _show_held(sums, agent)


def _encode_agent(sums: Sums, agent: Agent) -> Fragment:
    if sums.hides_roles:
        return Fragment(encode(show_agent(sums, agent)))
    itself = keep(agent.kept, "operator", lambda: encode(_show_agent_itself(agent, agent.info.resources)))
    return extend(itself, _show_held(sums, agent))


def encode_agents(sums: Sums, agents: Iterable[Agent]) -> list[Fragment]:
    """Agents as they stand in every answer."""
    return sums.encode_agents(agents, "operator", _encode_agent)


def show_executor(agent: Agent, executor: Executor) -> View:
    """The message ``GetExecutors.Executor``."""
    info = evolve(executor.info, framework_id=executor.grant.framework_id)
    return {"executor_info": _plain(info), "agent_id": _id(agent.id)}


def encode_executor(agent: Agent, executor: Executor) -> Fragment:
    """An executor as it stands in every answer."""
    return fragment(executor.kept, "operator", lambda: show_executor(agent, executor))


def _show_offer(held: HeldOffer) -> Any:
    grant = held.grant
    offer = evolve(
        held.offer, resources=grant.resources.allocated_to(grant.role), allocation_info=AllocationInfo(grant.role)
    )
    return _plain(offer)


def _encode_offer(held: HeldOffer) -> Fragment:
    return fragment(held.kept, "operator", lambda: _show_offer(held))


def show_framework_info(info: FrameworkInfo) -> Any:
    """The message ``FrameworkInfo``."""
    return _plain(info)


def show_framework(state: ClusterState, sums: Sums, framework: Framework) -> View:
    """The message ``GetFrameworks.Framework``. One that never came back has the time of its first coming twice."""
    came = framework.registered_time
    is_ended = framework.id not in state.frameworks
    return present(
        framework_info=show_framework_info(framework.info),
        active=framework.is_connected,
        connected=framework.is_connected,
        recovered=framework.phase is FrameworkPhase.RECOVERED,
        registered_time=_time(came),
        reregistered_time=_time(came if framework.reregistered_time is None else framework.reregistered_time),
        unregistered_time=_time(framework.unregistered_time) if is_ended else None,
        offers=[_encode_offer(state.offers[offer_id]) for offer_id in sorted(framework.offers)] or None,
        inverse_offers=_list(state.inverse_offers[offer_id] for offer_id in sorted(framework.inverse_offers.values())),
        allocated_resources=_totals(sums.used_by(framework)),
        offered_resources=_totals(sums.offered(framework)),
        offer_constraints=_plain(framework.offer_constraints) or {},
    )


def show_framework_in_event(state: ClusterState, framework: Framework) -> View:
    """The same message as events have it: it has no end yet, which is said as 0, and what it has is left out."""
    shown = show_framework(state, Sums(state), framework)
    for name in ("allocated_resources", "offered_resources", "offers", "inverse_offers"):
        shown.pop(name, None)
    if framework.offer_constraints is None:
        del shown["offer_constraints"]
    return {"unregistered_time": {"nanoseconds": 0}} | shown


def encode_framework(state: ClusterState, sums: Sums, framework: Framework) -> Fragment:
    """A framework as it stands in every answer."""
    key = (
        sums.used_by(framework),
        framework.id in state.frameworks,
        version(framework.offers),
        tuple(framework.inverse_offers.values()),
    )
    return fragment(framework.kept, "operator", lambda: show_framework(state, sums, framework), key)
