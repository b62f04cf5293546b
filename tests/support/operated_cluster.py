"""What operators' commands are tried on: an agent and a framework on a master that is a process of its own.

Both live in a thread with a loop of its own, so that commands, which block, can wait for what they do.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, Self, TypeVar

import requests

from fakes.http_framework import HttpFramework
from fakes.link_agent import LinkAgent
from koinon_core.agent_link import Drain, RunTask
from koinon_core.ids import FrameworkId, TaskId
from koinon_core.tasks import TaskState

T = TypeVar("T")
TIMEOUT = 15.0


class OperatedCluster:
    """``with OperatedCluster(master_url) as cluster``: both are registered; at its end neither is a member any more."""

    def __init__(self, url: str, resources: str = "cpus:4;mem:4096;disk:1024;ports:[31000-32000]") -> None:
        self.url = url
        self._resources = resources
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._offer: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        self.do(self._begin())
        return self

    def __exit__(self, *_: object) -> None:
        # Whatever the test made of them, the next one begins without them.
        self._tell("TEARDOWN", framework_id={"value": self.framework_id})
        self._tell("MARK_AGENT_GONE", agent_id={"value": self.agent_id})
        self.do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Have it done in the other thread, and wait."""
        return self.start(work).result(TIMEOUT)

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Have it done in the other thread meanwhile."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    @property
    def agent_id(self) -> str:
        """The agent's."""
        return str(self.agent.id)

    @property
    def framework_id(self) -> str:
        """The framework's."""
        return str((self.framework.framework_id or {})["value"])

    def launch(self, task_id: str) -> None:
        """Have a task run on the agent."""
        self.do(self._launch(task_id))

    async def end_when_drained(self, task_id: str) -> None:
        """What agents do: end the task when told to drain. The framework acknowledges that."""
        await self.agent.expect(Drain)
        await self._report(task_id, TaskState.TASK_KILLED)

    async def _begin(self) -> None:
        self.agent = await LinkAgent(self.url, self._resources).__aenter__()
        await self.agent.register()
        self.framework = await HttpFramework(self.url).__aenter__()
        await self.framework.subscribe(failover_timeout=60)
        (self._offer,) = (await self.framework.expect("OFFERS"))["offers"]["offers"]

    async def _end(self) -> None:
        await self.framework.__aexit__(None, None, None)
        await self.agent.__aexit__()

    async def _launch(self, task_id: str) -> None:
        await self.framework.launch(self._offer, task_id)
        await self.agent.expect(RunTask)
        await self._report(task_id, TaskState.TASK_RUNNING)

    async def _report(self, task_id: str, state: TaskState) -> None:
        await self.agent.report(FrameworkId(self.framework_id), TaskId(task_id), state)
        status = (await self.framework.expect("UPDATE"))["update"]["status"]
        await self.framework.call(
            "ACKNOWLEDGE", agent_id=status["agent_id"], task_id=status["task_id"], uuid=status["uuid"]
        )

    def _tell(self, kind: str, **body: Any) -> None:
        call = {"type": kind, kind.lower(): body}
        requests.post(f"{self.url}/api/v1", json=call, timeout=TIMEOUT)
