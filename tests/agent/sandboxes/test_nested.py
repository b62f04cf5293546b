"""Sandboxes within a sandbox: made once, for their own users, and through no link."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from koinon_agent.containerizer import SharedDirectory
from koinon_agent.sandboxes.layout import SandboxId, sandbox_path
from koinon_agent.sandboxes.nested import create_pod_sandbox, create_task_sandbox, make_shared
from koinon_core.ids import AgentId, ContainerId, ExecutorId, FrameworkId

ID = SandboxId(
    agent_id=AgentId("a"), framework_id=FrameworkId("f"), executor_id=ExecutorId("e"), container_id=ContainerId("c")
)


def mode_of(path: Path) -> int:
    """Its permissions."""
    return stat.S_IMODE(path.stat().st_mode)


def test_task_has_a_sandbox_within_its_pods(tmp_path: Path) -> None:
    """It holds stdout and stderr; who knows its name gets there through the pod's, and sees nothing else of it."""
    create_pod_sandbox(tmp_path, ID)
    around = sandbox_path(tmp_path, ID)
    create_task_sandbox(around, around / "tasks" / "t")

    assert {"stdout", "stderr"} == {file.name for file in (around / "tasks" / "t").iterdir()}
    assert [0o751, 0o751, 0o750] == [mode_of(path) for path in (around, around / "tasks", around / "tasks" / "t")]
    assert around == (around.parent / "latest").resolve()


def test_pods_sandbox_stays_as_it_is(tmp_path: Path) -> None:
    """A later group changes nothing of what its tasks find."""
    create_pod_sandbox(tmp_path, ID)
    around = sandbox_path(tmp_path, ID)
    around.chmod(0o700)
    create_pod_sandbox(tmp_path, ID)

    assert 0o700 == mode_of(around)


@pytest.mark.parametrize("path", ["bent", "bent/below", "good/bent/below"])
def test_no_directory_is_made_through_a_link(tmp_path: Path, path: str) -> None:
    """A task that runs already has put a link in the way: what it points to is left alone, and the error names it."""
    outside, sandbox = tmp_path / "outside", tmp_path / "sandbox"
    outside.mkdir()
    (sandbox / "good").mkdir(parents=True)
    for place in (sandbox, sandbox / "good"):
        (place / "bent").symlink_to(outside)

    with pytest.raises(NotADirectoryError, match=r"bent in .* is a link"):
        make_shared(SharedDirectory(root=sandbox, path=path, container_path="x"))
    assert [] == list(outside.iterdir())


def test_logs_are_not_made_through_a_link(tmp_path: Path) -> None:
    """Nor is a file elsewhere made, or given to the task's user."""
    (tmp_path / "tasks" / "t").mkdir(parents=True)
    (tmp_path / "tasks" / "t" / "stdout").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="stdout"):
        create_task_sandbox(tmp_path, tmp_path / "tasks" / "t")
    assert not (tmp_path / "elsewhere").exists()


def test_unknown_user_costs_no_descriptor(tmp_path: Path) -> None:
    """Whoever launches for a user that this machine does not know, a thousand times, takes nothing from others."""
    before = set(os.listdir("/proc/self/fd"))
    with pytest.raises(KeyError, match="nobody-knows-me"):
        create_task_sandbox(tmp_path, tmp_path / "tasks" / "t", "nobody-knows-me")
    with pytest.raises(KeyError, match="nobody-knows-me"):
        create_task_sandbox(tmp_path, tmp_path / "tasks" / "t", "nobody-knows-me")

    assert before == set(os.listdir("/proc/self/fd"))


def test_logs_do_not_wait_for_a_reader(tmp_path: Path) -> None:
    """A pipe that another task of the pod has put in their place is refused."""
    (tmp_path / "tasks" / "t").mkdir(parents=True)
    os.mkfifo(tmp_path / "tasks" / "t" / "stdout")

    with pytest.raises(OSError, match="stdout"):
        create_task_sandbox(tmp_path, tmp_path / "tasks" / "t")


def test_volume_that_is_gone_is_named(tmp_path: Path) -> None:
    """A directory of the host that the executor was given is never made."""
    with pytest.raises(FileNotFoundError, match=r"the volume at .*/srv is gone"):
        make_shared(SharedDirectory(root=tmp_path / "srv", path="x", container_path="x"))
