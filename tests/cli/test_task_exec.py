"""``koinon task exec`` and ``task logs -f`` as users run them: processes with a terminal around them, a real agent."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from fakes.operated_agent import Operated, operated_agent
from fakes.recorded_server import RecordedAnswer, RecordedServer
from koinon_agent.config import AgentConfig
from koinon_daemon.flag_values import HostPort

pytestmark = pytest.mark.slow
CLI = (sys.executable, "-m", "koinon_cli")


@frozen
class Exec:
    """A master that knows where the task runs, and its agent."""

    operated: Operated
    master: str
    sandbox: Path

    async def start(
        self, *words: str, stdin: int = asyncio.subprocess.DEVNULL, **more: Any
    ) -> asyncio.subprocess.Process:
        """Run ``koinon task ...``."""
        pipes = {"stdout": PIPE, "stderr": PIPE} | more
        return await asyncio.create_subprocess_exec(*CLI, "--master", self.master, "task", *words, stdin=stdin, **pipes)

    async def run(self, *words: str, said: bytes | None = None) -> tuple[int | None, bytes, bytes]:
        """Exit code and both outputs."""
        stdin = DEVNULL if said is None else PIPE
        process = await self.start(*words, stdin=stdin)
        out, err = await process.communicate(said)
        return process.returncode, out, err


@pytest.fixture
def heeded_interrupts() -> Iterator[None]:
    """Below `nohup` or `&` this process may ignore SIGINT, and so would what the agent in it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
async def cluster(tmp_path: Path, heeded_interrupts: None) -> AsyncIterator[Exec]:
    """One task runs."""
    config = AgentConfig(master=HostPort("m", 5050), work_dir=tmp_path)
    async with operated_agent(config, tmp_path) as operated:
        container = await operated.run("echo begun; sleep 100")
        (machine,) = operated.bench.agent.tasks
        task = {
            "id": "t1",
            "slave_id": "S0",
            "framework_id": machine.key.framework_id,
            "executor_id": "",
            "state": "TASK_RUNNING",
            "statuses": [{"container_status": {"container_id": {"value": container}}}],
        }
        agent = {"id": "S0", "pid": f"slave(1)@127.0.0.1:{operated.client.port}"}
        with RecordedServer() as master:
            master.record("GET /tasks", RecordedAnswer(document={"tasks": [task]}))
            master.record("GET /slaves", RecordedAnswer(document={"slaves": [agent]}))
            yield Exec(operated, f"http://{master.address}", Path(machine.accepted.sandbox))


async def test_a_command_runs_in_a_task_without_a_terminal(cluster: Exec) -> None:
    """Outputs apart, exit code and input passed on, options behind the task left to the command."""
    script = "pwd; echo wrong >&2; exit 7"
    ran, piped = await asyncio.gather(
        cluster.run("exec", "t1", "--", "sh", "-c", script),
        cluster.run("exec", "-i", "t1", "cat", "-", said=b"hello\n"),
    )

    assert (7, f"{cluster.sandbox}\n".encode(), b"wrong\n") == ran
    assert (0, b"hello\n", b"") == piped


async def test_a_terminal_is_passed_through(cluster: Exec) -> None:
    """Keys, sizes and the exit code go through; Ctrl-C is the command's; the terminal is as it was afterwards."""
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    _resize(theirs, 33, 101)
    process = await cluster.start(
        "exec", "-it", "t1", "sh", stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.write(ours, b"PS1=ready-; stty size; echo first-$((1+1))\n")
    first = await _read_until(ours, b"first-2")
    _resize(ours, 50, 132)
    # What says "second" is the foreground job by then: Ctrl-C between two commands would be the shell's own.
    os.write(ours, b"read -r go; stty size; sh -c 'echo second-$((1+1)); exec sleep 100'\n")
    await _read_until(ours, b"sleep 100")
    os.write(ours, b"\n")
    second = await _read_until(ours, b"second-2")
    os.write(ours, b"\x03")
    # As people do: what is typed ahead of the prompt may go with what Ctrl-C throws away.
    await _read_until(ours, b"ready-")
    os.write(ours, b"exit 5\n")
    code = await process.wait()
    after = termios.tcgetattr(theirs)
    os.close(ours)
    os.close(theirs)

    assert b"33 101" in first
    assert b"50 132" in second
    assert 5 == code
    assert before == after


def _resize(descriptor: int, rows: int, columns: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


async def _read_until(descriptor: int, text: bytes) -> bytes:
    said, loop = b"", asyncio.get_running_loop()
    async with asyncio.timeout(20):
        while text not in said:
            ready = loop.create_future()
            loop.add_reader(descriptor, ready.set_result, None)
            try:
                await ready
            finally:
                loop.remove_reader(descriptor)
            said += os.read(descriptor, 65536)
    return said


async def test_logs_are_followed_over_rotation(cluster: Exec) -> None:
    """What is written before and after the file is put aside is printed once, in order."""
    log = cluster.sandbox / "stdout"
    process = await cluster.start("logs", "-f", "--file", "stdout", "--lines", "1", "t1")
    assert process.stdout is not None
    assert b"begun\n" == await process.stdout.readline()
    with log.open("a") as file:
        file.write("last words\n")
    log.rename(log.with_name("stdout.1"))
    log.write_text("anew\n")
    async with asyncio.timeout(20):
        followed = [await process.stdout.readline() for _ in range(2)]
    process.terminate()
    await process.communicate()

    assert [b"last words\n", b"anew\n"] == followed
