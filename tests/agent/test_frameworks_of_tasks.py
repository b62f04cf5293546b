"""What the agent knows of frameworks that have tasks here, and what it owes them."""

from __future__ import annotations

from attrs import evolve

from fakes.agent_bench import FRAMEWORK_ID, AgentBench, make_framework, messages, updates
from koinon_agent.instructions import Checkpoint
from koinon_core.agent_link import DescribeFramework, Register, ResendUpdates
from koinon_core.frameworks import FrameworkCapabilityType
from koinon_core.ids import FrameworkId


def test_framework_that_describes_itself_anew_is_told_so_to_the_next_leader() -> None:
    """Its roles, its principal, its failover timeout: a new leader knows them from agents alone. A restart forgets
    nothing.
    """
    bench = AgentBench().registered()
    bench.started(bench.run())
    changed = evolve(make_framework(FrameworkCapabilityType.PARTITION_AWARE), name="new", failover_timeout=60.0)

    heard = bench.hear(DescribeFramework(changed))
    restarted = bench.crash()
    restarted.start()
    restarted.connect()

    assert [Checkpoint] == [type(one) for one in heard]
    assert [(changed,)] == [again.frameworks for again in messages(restarted.done, Register)]


def test_framework_without_tasks_here_is_not_remembered() -> None:
    """It would never be forgotten again."""
    bench = AgentBench().registered()

    assert [] == bench.hear(DescribeFramework(make_framework()))


def test_framework_that_is_back_is_told_what_waits_for_it() -> None:
    """At once, and no other's."""
    bench = AgentBench().registered()
    bench.started(bench.run())

    assert 1 == len(updates(bench.hear(ResendUpdates(FRAMEWORK_ID))))
    assert [] == updates(bench.hear(ResendUpdates(FrameworkId("other"))))
