"""Agents that are not let in, as what they say of themselves can't be."""

from __future__ import annotations

import pytest
from attrs import evolve

from fakes.master_bench import MasterBench, make_task
from koinon_core.agent_link import AgentTask, Refused
from koinon_core.agents import AgentInfo
from koinon_core.ids import AgentId
from koinon_core.resources_text import parse_resources

INFO = AgentInfo(hostname="h", resources=parse_resources("cpus:4;mem:4096"))


@pytest.mark.parametrize("agent_id", ["", ".", "..", "a/b", "\0", "x" * 256])
def test_an_id_that_can_be_none_is_refused(agent_id: str) -> None:
    """An agent may bring an id that nobody gave it: it becomes a key of the registry, so it must be fit to be one."""
    bench = MasterBench()

    link_id = bench.register(evolve(INFO, id=AgentId(agent_id)))
    refusals = [message.reason for message in bench.orders[link_id] if isinstance(message, Refused)]

    assert ["agent_info.id"] == [reason.partition(":")[0] for reason in refusals]
    assert {} == bench.master.state.agents


@pytest.mark.parametrize("agent_id", [None, AgentId("me")])
def test_tasks_of_another_agent_are_refused(agent_id: AgentId | None) -> None:
    """Whoever reports tasks that name another agent, or has no id yet, is not let in; the master goes on."""
    bench = MasterBench()
    framework_id = bench.add_framework()
    item = AgentTask(framework_id=framework_id, task=make_task("t", AgentId("another")))

    link_id = bench.register(evolve(INFO, id=agent_id), item)

    assert ["task t is of agent another, not of this one"] == [
        message.reason.partition(", which")[0] for message in bench.orders[link_id] if isinstance(message, Refused)
    ]
    assert {} == bench.master.state.agents
