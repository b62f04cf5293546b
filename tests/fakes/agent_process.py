"""A real ``koinon-agent`` process for tests that start and kill it."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from koinon_core.tasks import TaskStatus
from support.ports import reserve_port
from support.processes import Child


class AgentProcess:
    """``koinon-agent`` on a work directory, to start and kill as often as the test likes."""

    def __init__(self, work_dir: Path, master_port: int) -> None:
        self.work_dir = work_dir
        self.port = reserve_port()
        self.resources = "cpus:2;mem:512;disk:100"
        self._master_port = master_port
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        """The process that runs."""
        if self._child is None:
            raise RuntimeError("the agent was not started")
        return self._child

    def start(self, *flags: str) -> None:
        """A new process on the same work directory."""
        argv = [
            sys.executable, "-m", "koinon_agent", f"--master=127.0.0.1:{self._master_port}",
            f"--work_dir={self.work_dir}", f"--port={self.port}", "--registration_backoff_factor=50ms",
            f"--resources={self.resources}", "--no-switch_user", *flags,
        ]  # fmt: skip
        self._child = Child(argv, self.work_dir.with_suffix(".log"))

    def shut_down(self) -> None:
        """Ask it to end its tasks and itself for good."""
        self.child.send(signal.SIGUSR1)

    def get(self, path: str) -> Any:
        """The JSON at a path."""
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
            return json.load(response)

    def call(self, kind: str, body: Any) -> Any:
        """An operator's call that is granted: what stands under its name in the answer, if anything does."""
        data = json.dumps({"type": kind, kind.lower(): body}).encode()
        url, headers = f"http://127.0.0.1:{self.port}/api/v1", {"Content-Type": "application/json"}
        with urlopen(Request(url, data, headers), timeout=10) as response:
            answer = response.read()
        return json.loads(answer)[kind.lower()] if answer else None

    def run_within(self, status: TaskStatus, script: str) -> None:
        """A command within the container of a task that this status says to run."""
        around = status.container_status
        assert around is not None
        assert around.container_id is not None
        container_id = {"value": "within", "parent": {"value": around.container_id.value}}
        self.call("LAUNCH_NESTED_CONTAINER", {"container_id": container_id, "command": {"value": script}})

    def status_of(self, path: str) -> int:
        """The status code of a path."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
                return int(response.status)
        except HTTPError as error:
            return error.code
