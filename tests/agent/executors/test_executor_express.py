"""Updates of executors without the way through the application: taken as they would be there, or left to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from fakes.agent_bench import FRAMEWORK_ID, AgentBench, make_settings
from fakes.executors import EXECUTOR_ID, ExecutorAtBench
from koinon_agent.config import AgentConfig
from koinon_agent.events import Event, ExecutorCalled
from koinon_agent.executors.flags import SigningSecret
from koinon_agent.executors.tokens import Claims, make_token
from koinon_agent.http.application import make_agent_application
from koinon_agent.http.site import Site
from koinon_core.executor_api import Call, CallBody, Heartbeat, Message, Subscribe, Update
from koinon_core.ids import ContainerId, ExecutorId
from koinon_core.tasks import TaskState, TaskStatusSource
from koinon_core.wire import ContentType, ResourceFormat, codec
from koinon_daemon.express import LANE, Lane
from koinon_daemon.flag_values import HostPort
from koinon_daemon.metrics import Metrics

SECRET = "a secret of more than thirty-two bytes"


class Stop:
    """An agent with an executor that listens, and the lane to it."""

    def __init__(self, tmp_path: Path, **flags: Any) -> None:
        self.happened: list[Event] = []
        bench = AgentBench(make_settings()).registered()
        self.executor = ExecutorAtBench(bench)
        self.container = self.executor.start()
        self.executor.subscribe()
        site = Site(AgentConfig(master=HostPort("m", 5050), work_dir=tmp_path, **flags), tmp_path, Metrics(), 1.5)
        site.agent, site.post = bench.agent, self.happened.append
        self.lane: Lane = make_agent_application(site)[LANE]

    def call(self, body: CallBody, kind: ContentType = ContentType.JSON, executor: str = EXECUTOR_ID) -> bytes:
        """A call of an executor."""
        call = Call(executor_id=ExecutorId(executor), framework_id=FRAMEWORK_ID, body=body)
        return codec(kind, ResourceFormat.REFINED).encode(call)

    def take(self, data: bytes, **fields: str) -> bool:
        """Whether the lane takes a call in."""
        return self.lane.take({"content-type": "application/json"} | fields, data)


@pytest.mark.parametrize("kind", ContentType, ids=lambda kind: kind.name)
def test_updates_and_messages_are_taken(tmp_path: Path, kind: ContentType) -> None:
    """In both content types, as the agent is told of them otherwise."""
    stop = Stop(tmp_path)
    bodies = (Update(stop.executor.status(TaskState.TASK_FINISHED)), Message(b"hello"))
    taken = [stop.take(stop.call(body, kind), **{"content-type": kind.value}) for body in bodies]

    assert [True, True] == taken
    assert bodies == tuple(event.body for event in stop.happened if isinstance(event, ExecutorCalled))


def test_all_else_is_left_to_the_application(tmp_path: Path) -> None:
    """What opens a stream, what is refused there, and what nobody can read."""
    stop = Stop(tmp_path)
    update = Update(stop.executor.status(TaskState.TASK_FINISHED))
    wrong = Update(evolve(update.status, source=TaskStatusSource.SOURCE_AGENT))
    left = [stop.call(body) for body in (Subscribe(), Heartbeat(), wrong)]
    left += [stop.call(update, executor="another"), b"{", b""]

    assert [False] * len(left) == [stop.take(data) for data in left]
    assert not stop.take(stop.call(update), **{"content-type": "text/plain"})
    assert [] == stop.happened


def test_tokens_count_here_as_well(tmp_path: Path) -> None:
    """The executor's own opens the lane; none, and that of another run, do not."""
    secret = SigningSecret(SECRET)
    stop = Stop(tmp_path, authenticate_http_executors=True, jwt_secret_key=secret)
    claims = Claims(framework_id=FRAMEWORK_ID, executor_id=EXECUTOR_ID, container_id=stop.container)
    older = evolve(claims, container_id=ContainerId("older"))
    data = stop.call(Message(b"hello"))

    assert not stop.take(data)
    assert not stop.take(data, authorization=f"Bearer {make_token(SECRET, older)}")
    assert [] == stop.happened
    assert stop.take(data, authorization=f"Bearer {make_token(SECRET, claims)}")
