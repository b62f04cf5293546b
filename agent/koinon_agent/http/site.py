"""What the handlers of an agent know: its parts, which come to be one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web
from attrs import define, field

from koinon_daemon.errors import ApiError
from koinon_daemon.json_answer import answer_json as answer
from koinon_daemon.logging_api import LoggingSwitch
from koinon_daemon.metrics import Metrics

from ..agent import Agent
from ..config import AgentConfig
from ..containerizer import Containerizer
from ..containerizer.usage.sampler import UsageSampler
from ..events import Event
from ..executors.streams import ExecutorStreams
from ..nested.book import NestedContainers
from ..nested.requests import Around
from ..standalone.book import StandaloneContainers
from ..views.containers import find_around

__all__ = ["Handler", "Site", "answer"]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@define
class Site:
    """``agent`` is None until it has read what an earlier life left, ``sampler`` until there are containerizers.

    ``post`` lets something have happened to the agent.
    """

    config: AgentConfig
    work_dir: Path
    metrics: Metrics
    start_time: float
    agent: Agent | None = None
    sampler: UsageSampler | None = None
    logging: LoggingSwitch = field(factory=LoggingSwitch)
    streams: ExecutorStreams = field(factory=ExecutorStreams)
    post: Callable[[Event], None] = field(default=lambda _: None)
    containerizer: Containerizer | None = None
    nested: NestedContainers | None = None
    standalone: StandaloneContainers | None = None

    def nested_containers(self) -> NestedContainers:
        """Those that operators start. Raises ApiError 503 before there can be any."""
        if self.nested is None:
            raise ApiError(503, "Agent has not finished recovery")
        return self.nested

    def standalone_containers(self) -> StandaloneContainers:
        """Those without a parent. Raises ApiError 503 before it is known which live on."""
        if self.standalone is None or not self.standalone.is_recovered:
            raise ApiError(503, "Agent has not finished recovery")
        return self.standalone

    def find_around(self, container_id: str) -> Around | None:
        """A container that runs and has no parent: of a task, of an executor, of a pod, or an operator's own.

        Raises ApiError 503 before there is an agent.
        """
        own = None if self.standalone is None else self.standalone.find_around(container_id)
        return own or find_around(self.recovered(), container_id)

    def containers(self) -> Containerizer:
        """What runs them. Raises ApiError 503 before it is ready."""
        if self.containerizer is None:
            raise ApiError(503, "Agent has not finished recovery")
        return self.containerizer

    def recovered(self) -> Agent:
        """The agent. Raises ApiError 503 before there is one."""
        if self.agent is None:
            raise ApiError(503, "Agent has not finished recovery")
        return self.agent
