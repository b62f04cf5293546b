"""Output that processes write themselves, kept within its bound by those who watch it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from koinon_agent.containerizer import Launch
from koinon_agent.containerizer.log_limits import LogLimits, parse_log_files
from koinon_agent.containerizer.log_rotation import cut
from koinon_agent.containerizer.process.containerizer import ProcessContainerizer
from support.waiting import wait_until

LIMITS = LogLimits(max_size=100, max_files=3)


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a sandbox."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_end_of_a_large_file_is_kept_and_its_writer_goes_on(tmp_path: Path) -> None:
    """The process has its file open to append: it notices nothing. The oldest of three goes."""
    with open(tmp_path / "stdout", "ab", buffering=0) as writer:
        for letter in (b"a", b"b", b"c"):
            writer.write(letter * 150)
            cut(tmp_path, "stdout", LIMITS)
        writer.write(b"more")

    assert {"stdout": b"more", "stdout.1": b"c" * 100, "stdout.2": b"b" * 100} == contents(tmp_path)


@pytest.mark.parametrize(("max_files", "kept"), [(1, []), (2, ["stdout.1"])])
def test_as_many_files_are_kept_as_are_wanted(tmp_path: Path, max_files: int, kept: list[str]) -> None:
    """Of one file alone nothing is copied."""
    for _ in range(3):
        (tmp_path / "stdout").write_bytes(b"a" * 150)
        cut(tmp_path, "stdout", LogLimits(100, max_files))

    assert ["stdout", *kept] == list(contents(tmp_path))


def test_what_is_not_too_large_is_left_alone(tmp_path: Path) -> None:
    """The bound itself may be reached."""
    (tmp_path / "stdout").write_bytes(b"a" * 100)
    cut(tmp_path, "stdout", LIMITS)

    assert {"stdout": b"a" * 100} == contents(tmp_path)


def test_what_a_task_put_in_place_of_its_output_is_not_touched(tmp_path: Path) -> None:
    """Neither through a symbolic link nor through another name of a file is anything cut that is somebody else's."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"v" * 150)
    sandbox = tmp_path / "sandbox"
    sandbox.mkdir()
    (sandbox / "stdout").symlink_to(victim)
    os.link(victim, sandbox / "stderr")
    with pytest.raises(OSError, match="symbolic links"):
        cut(sandbox, "stdout", LIMITS)
    cut(sandbox, "stderr", LIMITS)

    assert b"v" * 150 == victim.read_bytes()


def test_a_copy_that_cannot_be_made_does_not_lift_the_bound(tmp_path: Path) -> None:
    """Something stands where the copy should go: the file is cut all the same."""
    (tmp_path / "stdout.1").mkdir()
    (tmp_path / "stdout.1" / "file").touch()
    (tmp_path / "stdout").write_bytes(b"a" * 150)
    with pytest.raises(OSError, match="directory"):
        cut(tmp_path, "stdout", LogLimits(100, 2))

    assert b"" == (tmp_path / "stdout").read_bytes()


@pytest.mark.parametrize(
    ("own", "default", "settled"),
    [
        ({}, "json-file", {"Type": "json-file", "Config": {"max-size": "104857600", "max-file": "2"}}),
        ({}, "journald", {}),
        ({"Type": "local"}, "journald", {"Type": "local", "Config": {"max-size": "104857600", "max-file": "2"}}),
        ({"Type": "none"}, "json-file", {"Type": "none"}),
        ({"Config": {"max-size": "1m"}}, "json-file", {"Config": {"max-size": "1m"}}),
        (
            {"Config": {"tag": "x"}},
            "local",
            {"Type": "local", "Config": {"max-size": "104857600", "max-file": "2", "tag": "x"}},
        ),
    ],
)
def test_the_engines_copy_is_bounded_unless_the_task_says_how(
    own: dict[str, object], default: str, settled: dict[str, object]
) -> None:
    """Only drivers that keep files know such a bound; others would refuse it."""
    assert settled == LogLimits().settle(own, default)


def test_without_a_bound_the_engine_keeps_to_its_own() -> None:
    """A size of 0 leaves both alone."""
    assert {} == LogLimits(0, 2).settle({}, "json-file")


@pytest.mark.parametrize("text", ["0", "101", "two"])
def test_a_number_of_files_that_makes_no_sense_is_refused(text: str) -> None:
    """From 1 to 100."""
    with pytest.raises(ValueError, match="number"):
        parse_log_files(text)


@pytest.mark.slow
async def test_a_process_that_writes_without_end_stays_within_its_bound(
    tmp_path: Path, launch: Callable[..., Launch]
) -> None:
    """The watch finds it, and the process notices nothing."""
    wanted = launch("while :; do echo a line of output; done")
    containerizer = ProcessContainerizer(tmp_path / "state", logs=LogLimits(4000, 2))
    await containerizer.launch(wanted)
    await asyncio.to_thread(wait_until, (wanted.sandbox / "stdout.1").exists, "rotation")
    await containerizer.remove(wanted.container_id)
    await containerizer.stop()

    assert 4000 <= (wanted.sandbox / "stdout.1").stat().st_size < 4000 + (2 << 20)
    assert not (wanted.sandbox / "stdout.2").exists()
