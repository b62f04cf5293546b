"""An executor as a process: how it ends."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from koinon_core.wire.recordio import encode_record
from koinon_frameworks.executor import ExecutorExit
from koinon_frameworks.executor.main import exit_code
from koinon_frameworks.executor.session_machine import Ending, EndKind

pytestmark = pytest.mark.slow
LIMIT = 30.0
LAUNCH = b'{"type":"LAUNCH","launch":{"task":{"name":"a","task_id":{"value":"a"},"agent_id":{"value":"S"}}}}'
DEAF = """
import asyncio, sys
from koinon_frameworks.executor import Executor, run_executor

class Deaf(Executor):
    async def run_task(self, task, progress):
        print("begun", flush=True)
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                print("not now", flush=True)

sys.exit(run_executor(Deaf()))
"""


def test_each_ending_has_its_code() -> None:
    """So that whoever finds a dead executor knows why."""
    codes = {kind: exit_code(Ending(kind=kind)) for kind in EndKind}

    assert {
        EndKind.SHUTDOWN: ExecutorExit.CLEAN,
        EndKind.STOPPED: ExecutorExit.CLEAN,
        EndKind.ERROR: ExecutorExit.FAILURE,
        EndKind.REFUSED: ExecutorExit.FAILURE,
        EndKind.AGENT_LOST: ExecutorExit.AGENT_LOST,
    } == codes
    assert ExecutorExit.OVERDUE is exit_code(Ending(kind=EndKind.SHUTDOWN, is_overdue=True))


async def test_started_by_hand_it_says_what_is_missing() -> None:
    """One line on stderr, and the code for wrong usage."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", DEAF, env={}, stderr=PIPE)
    _, words = await asyncio.wait_for(process.communicate(), LIMIT)

    assert ExecutorExit.USAGE == process.returncode
    assert b"executor: MESOS_AGENT_ENDPOINT: '' is not ip:port\n" == words


class Agent:
    """Takes one executor in, launches one task, acknowledges every update."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._stream: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        while head := await reader.readuntil(b"\r\n\r\n"):
            call = json.loads(await reader.readexactly(int(head.rpartition(b"Content-Length: ")[2])))
            if call["type"] == "SUBSCRIBE":
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                self._stream = writer
                self._say(b'{"type":"SUBSCRIBED"}')
                self._say(LAUNCH)
            else:
                status = call["update"]["status"]
                self.told.append(status["state"])
                writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
                acknowledged = {"task_id": status["task_id"], "uuid": status["uuid"]}
                self._say(json.dumps({"type": "ACKNOWLEDGED", "acknowledged": acknowledged}).encode())

    def _say(self, record: bytes) -> None:
        framed = encode_record(record)
        if self._stream is not None:
            self._stream.write(b"%x\r\n%b\r\n" % (len(framed), framed))


async def test_sigterm_ends_it_though_a_task_heeds_nothing(tmp_path: Path) -> None:
    """The task is told as killed before the process ends, within the grace."""
    agent = Agent()
    path = str(tmp_path / "agent.sock")
    env = {
        "MESOS_FRAMEWORK_ID": "F",
        "MESOS_EXECUTOR_ID": "E",
        "MESOS_DOMAIN_SOCKET": path,
        "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD": "500ms",
    }
    async with await asyncio.start_unix_server(agent.serve, path):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", DEAF, env=env, stdout=PIPE, stderr=PIPE)
        if process.stdout is None:
            raise RuntimeError("no pipe")
        assert b"begun\n" == await asyncio.wait_for(process.stdout.readline(), LIMIT)
        process.send_signal(signal.SIGTERM)
        _, words = await asyncio.wait_for(process.communicate(), LIMIT)

    assert ExecutorExit.OVERDUE == process.returncode, words.decode()
    assert ("TASK_RUNNING", "TASK_KILLED") == (agent.told[0], agent.told[-1])
