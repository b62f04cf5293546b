"""The example's scheduler, tested with the kit as any author's would be: no cluster, no waiting."""

from __future__ import annotations

import pytest

from examples.ten_tasks import TenTasks
from koinon_frameworks import EndKind
from koinon_frameworks.testing import FakeMaster, fails, finishes


def test_all_ten_finish_five_at_a_time(koinon_master: FakeMaster) -> None:
    """An agent with room for five runs all ten, one half after the other, and the framework ends itself."""
    koinon_master.add_agent("cpus:0.5;mem:512")
    koinon_master.script("hello", finishes(after=60))
    ending = koinon_master.run(TenTasks())

    koinon_master.assert_launched("hello", times=10)
    koinon_master.assert_acknowledged("hello-0", "STARTING", "RUNNING", "FINISHED")
    koinon_master.assert_no_offer_held()
    assert EndKind.STOPPED is ending.kind
    assert 120.0 < koinon_master.now < 130.0


def test_a_task_that_fails_is_not_waited_for(koinon_master: FakeMaster) -> None:
    """Nine finish, one fails, and that is the end of it."""
    koinon_master.add_agent()
    koinon_master.script("hello", finishes())
    koinon_master.script("hello-3", fails())
    koinon_master.run(TenTasks())

    koinon_master.assert_state("hello-3", "FAILED")


def test_a_change_of_masters_harms_nothing(koinon_master: FakeMaster) -> None:
    """Tasks run on while no master leads, and what they said meanwhile comes to the next one."""
    koinon_master.add_agent()
    koinon_master.script("hello", finishes(after=10))
    running = koinon_master.start(TenTasks())
    koinon_master.fail_over(away=30)
    koinon_master.run_on(running)

    koinon_master.assert_launched("hello", times=10)


def test_an_offer_too_small_is_declined(koinon_master: FakeMaster) -> None:
    """And the test says what happened when it expects something else."""
    koinon_master.add_agent("cpus:0.05;mem:512")
    koinon_master.start(TenTasks())

    koinon_master.assert_declined()
    koinon_master.assert_not_launched()
    with pytest.raises(AssertionError, match=r"(?s)no task 'hello' was launched, but nothing.*DECLINE fake-O0"):
        koinon_master.assert_launched("hello")
