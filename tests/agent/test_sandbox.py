"""Where a container's files are, and who may look at them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from attrs import evolve

from koinon_agent.sandbox import SandboxId, Slice, create_sandbox, find_beneath, read_slice
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


@pytest.fixture
def sandbox(tmp_path: Path) -> Path:
    """A sandbox in which a task has been busy, beside a secret."""
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "sandbox-of-another").mkdir()
    folder = tmp_path / "sandbox"
    (folder / "logs").mkdir(parents=True)
    (folder / "logs" / "app").write_text("0123456789")
    (folder / "current").symlink_to("logs/app")
    (folder / "out").symlink_to("../secret")
    (folder / "up").symlink_to("..")
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "pipe")
    return folder


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("logs/app", "logs/app"),
        ("/logs/app", "logs/app"),
        ("current", "logs/app"),
        ("", ""),
        ("logs/../logs/app", "logs/app"),
        ("../secret", None),
        ("../sandbox-of-another", None),
        ("out", None),
        ("up/secret", None),
        ("loop", None),
        ("missing", None),
        ("a\0b", None),
    ],
)
def test_paths_lead_nowhere_but_into_the_sandbox(sandbox: Path, path: str, expected: str | None) -> None:
    """Links may lead about within; what leads out, in circles or to nothing is not there."""
    assert (None if expected is None else sandbox / expected) == find_beneath(sandbox, path)


@pytest.mark.parametrize(
    ("path", "offset", "length", "expected"),
    [
        ("current", 0, 4, Slice(b"0123", 10)),
        ("logs/app", 8, 100, Slice(b"89", 10)),
        ("logs/app", 50, 5, Slice(b"", 10)),
        ("logs", 0, 5, None),
        ("pipe", 0, 5, None),
        ("out", 0, 5, None),
    ],
)
def test_slices_are_of_regular_files_alone(
    sandbox: Path, path: str, offset: int, length: int, expected: Slice | None
) -> None:
    """Offset and length cut; a directory, a pipe or a file elsewhere is no file here, and nobody waits for a pipe."""
    assert expected == read_slice(sandbox, path, offset, length)
