"""The program that holds a pod's network: it runs, waits, and leaves no zombies."""

from __future__ import annotations

import io
import platform
import struct
import subprocess
import tarfile
from pathlib import Path

import pytest

from koinon_agent.containerizer.docker.images.pause import PAUSE_CHANGES, PAUSE_IMAGE, make_image, make_program
from support.waiting import wait_until

_NAMES = {"x86_64": "amd64", "aarch64": "arm64"}
_SIGCHLD = 1 << 16


def test_program_waits_and_ignores_the_ends_of_children(tmp_path: Path) -> None:
    """It is run on this machine: it sleeps, and the kernel is told that nobody will ask after its children."""
    program = make_program(_NAMES[platform.machine()])
    assert program is not None
    path = tmp_path / "pause"
    path.write_bytes(program)
    path.chmod(0o755)
    with subprocess.Popen([path]) as process:
        status = Path(f"/proc/{process.pid}/status")

        wait_until(lambda: "State:\tS" in status.read_text() and _ignored(status) & _SIGCHLD, "sleep", 5)
        process.terminate()
        assert -15 == process.wait(5)


def _ignored(status: Path) -> int:
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("SigIgn")]
    return int(line.split()[1], 16)


@pytest.mark.parametrize(("architecture", "number"), [("amd64", 62), ("arm64", 183)])
def test_image_holds_one_executable(architecture: str, number: int) -> None:
    """An ELF file of that machine, which the image starts."""
    with tarfile.open(fileobj=io.BytesIO(make_image(architecture) or b"")) as tar:
        (member,) = tar.getmembers()
        file = tar.extractfile(member)
        assert file is not None
        program = file.read()

    assert b"\x7fELF" == program[:4]
    assert (number,) == struct.unpack_from("<H", program, 18)
    assert 0o755 == member.mode
    assert f'ENTRYPOINT ["/{member.name}"]' in PAUSE_CHANGES


def test_unknown_machines_have_none() -> None:
    """The engine's name of an architecture that there is no program for."""
    assert make_image("riscv64") is None


def test_name_tells_the_content() -> None:
    """So that an agent of another version never takes this one's image for its own."""
    name, _, tag = PAUSE_IMAGE.partition(":")

    assert "koinon/pause" == name
    assert 12 == len(tag)
