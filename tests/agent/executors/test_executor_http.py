"""The executor API over HTTP: statuses in the order of checks, streams in both content types, tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from fakes.agent_bench import FRAMEWORK_ID, AgentBench, make_framework, make_settings, only, states
from fakes.executors import EXECUTOR_ID, ExecutorAtBench, hosted
from koinon_agent.config import AgentConfig
from koinon_agent.events import Event as AgentEvent
from koinon_agent.executors.flags import SigningSecret
from koinon_agent.executors.tokens import Claims, make_token, read_token
from koinon_agent.http.application import make_agent_application
from koinon_agent.http.site import Site
from koinon_agent.instructions import AttachExecutor, CloseStream, LaunchContainer, TellExecutor
from koinon_agent.settings import ExecutorTerms
from koinon_core.agent_link import RunTask
from koinon_core.executor_api import (
    Acknowledged,
    Call,
    CallBody,
    Event,
    EventBody,
    Heartbeat,
    Launch,
    Message,
    Subscribe,
    Subscribed,
    Unknown,
    Update,
)
from koinon_core.ids import ContainerId, ExecutorId, FrameworkId, Uuid
from koinon_core.tasks import TaskState, TaskStatusSource
from koinon_core.wire import ContentType, RecordDecoder, ResourceFormat, codec
from koinon_daemon.flag_values import HostPort
from koinon_daemon.metrics import Metrics

Client = TestClient[Any, Any]
PATH = "/api/v1/executor"
SECRET = "a secret of more than thirty-two bytes"
JSON, PROTOBUF = ContentType.JSON, ContentType.PROTOBUF


@attrs.define
class World:
    """A site whose agent takes events in at once."""

    site: Site
    bench: AgentBench
    executor: ExecutorAtBench
    client: Client | None = None

    def happen(self, event: AgentEvent) -> None:
        """What the loop would do."""
        for item in self.bench.handle(event):
            if isinstance(item, AttachExecutor | TellExecutor | CloseStream):
                self.site.streams.carry_out(item)

    async def call(self, body: CallBody | Call, kind: ContentType = JSON, **headers: str) -> ClientResponse:
        """Send a call of the executor."""
        call = body if isinstance(body, Call) else make_call(body)
        data = codec(kind, ResourceFormat.REFINED).encode(call)
        named = {"Content-Type": kind.value, "Accept": kind.value} | headers
        assert self.client is not None
        response: ClientResponse = await self.client.post(PATH, data=data, headers=named)
        return response


def make_call(body: CallBody, executor: str = EXECUTOR_ID, framework: str = FRAMEWORK_ID) -> Call:
    """The executor's call."""
    return Call(executor_id=ExecutorId(executor), framework_id=FrameworkId(framework), body=body)


async def listen(response: ClientResponse, count: int, kind: ContentType = JSON) -> list[EventBody]:
    """The first events of a stream; each is one chunk."""
    decoder = RecordDecoder()
    events: list[EventBody] = []
    while len(events) < count:
        data, _ = await response.content.readchunk()
        events += [codec(kind, ResourceFormat.REFINED).decode(one, Event).body for one in decoder.feed(data)]
    return events


async def make_world(tmp_path: Path, **flags: Any) -> World:
    """A registered agent whose executor's container runs."""
    config = AgentConfig(master=HostPort("m", 5050), work_dir=tmp_path, **flags)
    site = Site(config, tmp_path, Metrics(), 1.5)
    terms = ExecutorTerms(secret=SECRET) if flags else ExecutorTerms()
    bench = AgentBench(make_settings(executors=terms)).registered()
    world = World(site, bench, ExecutorAtBench(bench))
    site.agent, site.post = bench.agent, world.happen
    return world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An agent that asks nobody for tokens, and its executor, started for one task."""
    world = await make_world(tmp_path)
    world.executor.start()
    async with TestClient(TestServer(make_agent_application(world.site))) as client:
        world.client = client
        yield world


@pytest.mark.parametrize("kind", ContentType, ids=lambda kind: kind.name)
async def test_an_executor_lives_its_life(world: World, kind: ContentType) -> None:
    """SUBSCRIBED and its task on the stream, an update and its acknowledgement, in the type that it asked for."""
    stream = await world.call(Subscribe(), kind)
    first, second = await listen(stream, 2, kind)
    status = world.executor.status(TaskState.TASK_RUNNING)
    answer = await world.call(Update(status), kind)
    (third,) = await listen(stream, 1, kind)

    assert (200, kind.value, "chunked") == (
        stream.status,
        stream.headers["Content-Type"],
        stream.headers["Transfer-Encoding"],
    )
    assert "Mesos-Stream-Id" not in stream.headers
    assert isinstance(first, Subscribed)
    assert isinstance(second, Launch)
    assert (202, b"") == (answer.status, await answer.read())
    assert isinstance(third, Acknowledged)
    assert status.uuid == third.uuid
    assert [TaskState.TASK_RUNNING] == states(world.bench.done)
    stream.close()


async def test_a_second_subscription_ends_the_first(world: World) -> None:
    """In good order, and what is said from then on goes to the second."""
    former = await world.call(Subscribe())
    await listen(former, 2)
    newer = await world.call(Subscribe(unacknowledged_tasks=(hosted(),)))
    (greeting,) = await listen(newer, 1)
    rest = await former.content.read()
    await world.call(Update(world.executor.status(TaskState.TASK_RUNNING)))
    (acknowledged,) = await listen(newer, 1)

    assert isinstance(greeting, Subscribed)
    assert b"" == rest
    assert isinstance(acknowledged, Acknowledged)
    newer.close()


@pytest.mark.parametrize(
    ("call", "status", "words"),
    [
        (make_call(Subscribe(), framework="strange"), 400, "Framework cannot be found"),
        (make_call(Subscribe(), executor="strange"), 400, "Executor cannot be found"),
        (make_call(Heartbeat()), 202, ""),
        (make_call(Heartbeat(), executor="strange"), 202, ""),
        (make_call(Message(b"x")), 403, "Executor is not subscribed"),
        (make_call(Unknown()), 501, "Not Implemented"),
    ],
    ids=["framework", "executor", "heartbeat", "anybody's heartbeat", "message", "unknown"],
)
async def test_who_may_not_call_is_told_why(world: World, call: Call, status: int, words: str) -> None:
    """A framework or executor that is not known, a call before the subscription, a call that nobody carries out; a
    HEARTBEAT is anybody's.
    """
    response = await world.call(call)

    assert status == response.status
    assert words in await response.text()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"uuid": None}, "Expecting 'uuid' to be present"),
        ({"uuid": Uuid(b"short")}, "'uuid' has 5 bytes instead of 16"),
        ({"source": None}, "invalid source, expecting 'SOURCE_EXECUTOR'"),
        ({"source": TaskStatusSource.SOURCE_MASTER}, "invalid source, expecting 'SOURCE_EXECUTOR'"),
        ({"state": TaskState.TASK_STAGING}, "Received TASK_STAGING from executor ex"),
        ({"executor_id": ExecutorId("other")}, "does not match ExecutorID in TaskStatus: other"),
    ],
    ids=["no uuid", "short uuid", "no source", "master's", "staging", "other executor"],
)
async def test_an_update_that_is_not_in_order_is_refused_by_name(
    world: World, changes: dict[str, Any], words: str
) -> None:
    """Alone and as one of those that were kept; the agent hears of none."""
    status = attrs.evolve(world.executor.status(TaskState.TASK_RUNNING), **changes)
    kept = await world.call(Subscribe(unacknowledged_updates=(Update(status),)))
    stream = await world.call(Subscribe())
    alone = await world.call(Update(status))

    assert (400, 400) == (kept.status, alone.status)
    assert words in await kept.text()
    assert words in await alone.text()
    assert [] == states(world.bench.done)
    stream.close()


async def test_the_form_is_checked_before_the_content(world: World) -> None:
    """Method, content type, body, Accept: as clients of the scheduler API know it."""
    client = world.client
    assert client is not None
    types = {"Content-Type": JSON.value}
    answers = [
        await client.get(PATH),
        await client.post(PATH, data=b"x", headers={"Content-Type": "text/plain"}),
        await client.post(PATH, data=b"{", headers=types),
        await client.post(PATH, json={"type": "HEARTBEAT", "executor_id": {"value": "ex"}}, headers=types),
        await world.call(Subscribe(), Accept="text/html"),
        await client.post(f"/slave(1){PATH}", data=b"{}", headers=types),
    ]

    assert [405, 415, 400, 400, 406, 400] == [answer.status for answer in answers]
    assert "framework_id" in await answers[3].text()


async def test_before_recovery_executors_try_again(tmp_path: Path) -> None:
    """While the agent reads what it left, and while it looks for containers."""
    world = await make_world(tmp_path)
    fresh = AgentBench()
    async with TestClient(TestServer(make_agent_application(world.site))) as client:
        world.client = client
        world.site.agent = None
        unread = await world.call(Subscribe())
        world.site.agent = fresh.agent
        unlooked = await world.call(Subscribe())
        why = await unlooked.text()

    assert (503, 503) == (unread.status, unlooked.status)
    assert "Agent has not finished recovery" == why


async def test_tokens_open_the_door_to_their_own_executor_alone(tmp_path: Path) -> None:
    """The one in the environment does; none, a forged one and that of another run or executor do not."""
    secret = SigningSecret(SECRET)
    world = await make_world(tmp_path, authenticate_http_executors=True, jwt_secret_key=secret)
    container = world.executor.start()
    claims = Claims(framework_id=FRAMEWORK_ID, executor_id=EXECUTOR_ID, container_id=container)
    tokens = {
        "own": make_token(SECRET, claims),
        "forged": make_token(SECRET[::-1], claims),
        "other run": make_token(SECRET, attrs.evolve(claims, container_id=ContainerId("older"))),
        "other": make_token(SECRET, attrs.evolve(claims, executor_id=ExecutorId("other"))),
        "garbage": "x.y.z",
    }
    async with TestClient(TestServer(make_agent_application(world.site))) as client:
        world.client = client
        answers = {
            name: await world.call(Subscribe(), Authorization=f"Bearer {token}") for name, token in tokens.items()
        }
        answers["none"] = await world.call(Subscribe())
        answers["own"].close()

    statuses = {name: answer.status for name, answer in answers.items()}
    assert {"own": 200, "forged": 401, "other run": 403, "other": 403, "garbage": 401, "none": 401} == statuses
    assert 'Bearer realm="mesos-agent-executor"' == answers["none"].headers["WWW-Authenticate"]


async def test_its_environment_holds_the_token(tmp_path: Path) -> None:
    """Signed for this run of it."""
    bench = AgentBench(make_settings(executors=ExecutorTerms(secret=SECRET))).registered()
    launch = only(bench.hear(RunTask(framework=make_framework(), task=hosted())), LaunchContainer).launch

    assert Claims(framework_id=FRAMEWORK_ID, executor_id=EXECUTOR_ID, container_id=launch.container_id) == read_token(
        SECRET, launch.environment["MESOS_EXECUTOR_AUTHENTICATION_TOKEN"]
    )
