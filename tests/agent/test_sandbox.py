"""Where a container's files are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from attrs import evolve

from koinon_agent.sandboxes.layout import SandboxId, create_sandbox
from koinon_core.ids import AgentId, ContainerId, ExecutorId, FrameworkId

IDS = SandboxId(
    agent_id=AgentId("agent"),
    framework_id=FrameworkId("framework"),
    executor_id=ExecutorId("executor"),
    container_id=ContainerId("one"),
)


def test_sandbox_lies_where_the_field_expects_it(tmp_path: Path) -> None:
    """The path is that of Mesos, `latest` leads to the newest run, and the log files are there from the start."""
    first = create_sandbox(tmp_path, IDS)
    second = create_sandbox(tmp_path, evolve(IDS, container_id=ContainerId("two")))

    runs = tmp_path / "slaves/agent/frameworks/framework/executors/executor/runs"
    assert [runs / "one", runs / "two"] == [first, second]
    assert "two" == os.readlink(runs / "latest")
    assert {"one", "two", "latest"} == {path.name for path in runs.iterdir()}
    assert {"stdout", "stderr"} == {path.name for path in first.iterdir()}
    assert 0o750 == first.stat().st_mode & 0o777


def test_a_sandbox_made_again_keeps_what_it_holds(tmp_path: Path) -> None:
    """Making it twice is as making it once."""
    (create_sandbox(tmp_path, IDS) / "stdout").write_text("said")

    assert "said" == (create_sandbox(tmp_path, IDS) / "stdout").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_sandbox_belongs_to_its_user(tmp_path: Path) -> None:
    """Directory and logs are the user's; an unknown user is an error."""
    sandbox = create_sandbox(tmp_path, IDS, "nobody")

    assert {"nobody"} == {path.owner() for path in (sandbox, *sandbox.iterdir())}
    with pytest.raises(KeyError):
        create_sandbox(tmp_path, IDS, "nobody-here")
