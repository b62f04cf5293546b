"""What a task wrote: which agent holds its sandbox, and reading it piece by piece (mesos-operator-api 3, 4)."""

from __future__ import annotations

import sys
import time
from typing import Any

from attrs import frozen

from koinon_daemon.credentials import Credential

from .errors import NotFound
from .http_api import BlockingApi, Request
from .settings import Settings

_POLL_SECONDS = 1.0
_PIECE = 64 * 1024


@frozen(kw_only=True)
class SandboxLog:
    """One file in a sandbox on one agent. Offsets are bytes."""

    api: BlockingApi
    agent: str
    path: str
    credential: Credential | None = None

    def read(self, offset: int, length: int) -> dict[str, Any]:
        """At most 64 KiB from ``offset``; -1 tells the size. Raises CliError."""
        query = {"path": self.path, "offset": str(offset), "length": str(length)}
        document: dict[str, Any] = self.api.call(
            Request(method="GET", url=f"{self.agent}/files/read", query=query, credential=self.credential)
        ).document
        return document

    def size(self) -> int:
        """How many bytes there are."""
        return int(self.read(-1, 0)["offset"])

    def read_range(self, start: int, end: int) -> str:
        """All between two offsets, or as far as it goes."""
        pieces: list[str] = []
        while start < end:
            # Counted by what was asked for, as the text of bytes that are no UTF-8 has another length.
            length = min(_PIECE, end - start)
            pieces.append(self.read(start, length)["data"])
            start += length
        return "".join(pieces)

    def read_all(self) -> str:
        """From the beginning to the end there is now."""
        return self.read_range(0, self.size())


@frozen(kw_only=True)
class Sandbox:
    """Where a task's files are."""

    api: BlockingApi
    agent: str
    directory: str
    credential: Credential | None = None

    def log(self, name: str) -> SandboxLog:
        """``stdout`` or ``stderr``."""
        path = f"{self.directory}/{name}"
        return SandboxLog(api=self.api, agent=self.agent, path=path, credential=self.credential)


def find_sandbox(settings: Settings, task_id: str) -> Sandbox:
    """The sandbox of a task the master knows, be it over. Raises NotFound and other CliErrors."""
    tasks = settings.ask_master("/tasks", task_id=task_id)["tasks"]
    found = next((task for task in tasks if task["id"] == task_id), None)
    if found is None:
        raise NotFound(f"the master knows no task {task_id!r}")
    agents = settings.ask_master("/slaves", slave_id=found["slave_id"])["slaves"]
    agent = next((agent for agent in agents if agent["id"] == found["slave_id"]), None)
    if agent is None:
        raise NotFound(f"the agent {found['slave_id']} of task {task_id!r} is gone, and its sandbox with it")
    executor = found["executor_id"] or found["id"]
    return Sandbox(
        api=settings.api,
        agent=f"http://{agent['pid'].partition('@')[2]}",
        directory=f"/frameworks/{found['framework_id']}/executors/{executor}/runs/latest",
        credential=settings.credential,
    )


def print_tail(log: SandboxLog, lines: int | None) -> int:
    """Print the last ``lines`` (None: all) and return the offset behind them."""
    end = log.size()
    text = log.read_range(0, end)
    if lines is not None:
        text = "".join(text.splitlines(keepends=True)[-lines:]) if lines else ""
    _write(text)
    return end


def follow(log: SandboxLog, offset: int) -> None:
    """Print what comes behind ``offset`` until interrupted."""
    while True:
        size = log.size()
        _write(log.read_range(offset, size))
        offset = size
        time.sleep(_POLL_SECONDS)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
