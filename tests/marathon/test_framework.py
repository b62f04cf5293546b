"""Marathon before a master: its introduction, its calls in order, and a new subscription for a new role."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random

import pytest
from attrs import frozen

from fakes.scripted_master import ScriptedMaster
from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import AgentId, FrameworkId, OfferId, TaskId, Uuid
from koinon_core.offers import Filters, Offer
from koinon_core.scheduler_api import Call, Error, Failure, Offers, ReconcileTask, Rescind, Update
from koinon_core.tasks import TaskState, TaskStatus
from koinon_daemon.errors import ExitCode
from koinon_daemon.flag_values import HostPort
from koinon_daemon.flags import parse_flags
from koinon_frameworks import Acknowledging, DriverOptions, SchedulerDriver
from koinon_frameworks.driver.connection import OpenedStream, call_name
from koinon_frameworks.driver.http_connection import SchedulerConnection
from koinon_frameworks.election import Leadership
from koinon_frameworks.errors import LeadershipEnded
from koinon_marathon.changes.root_versions import RootHistory
from koinon_marathon.config import MarathonConfig
from koinon_marathon.definition.apps import App
from koinon_marathon.definition.groups import Group, put_spec
from koinon_marathon.events import (
    AgentLost,
    Disconnected,
    Event,
    OfferRescinded,
    OffersReceived,
    Restored,
    StatusReceived,
    Subscribed,
)
from koinon_marathon.framework import Framework, make_framework_info
from koinon_marathon.instructions import (
    Accept,
    AcknowledgeStatus,
    Decline,
    KillTask,
    Reconcile,
    Revive,
    Suppress,
)
from koinon_marathon.scheduler import MarathonScheduler, MasterCalls, MasterEffect

MakeApp = Callable[..., App]
STATUS = TaskStatus(
    task_id=TaskId("t"), state=TaskState.TASK_RUNNING, agent_id=AgentId("a"), uuid=Uuid(b"0123456789abcdef")
)


def config_of(*flags: str) -> MarathonConfig:
    """A configuration with the required flags."""
    return parse_flags(MarathonConfig, ["--master=127.0.0.1:5050", "--zk=sqlite:///tmp/x", *flags], {})


@frozen
class Bench:
    """A subscribed Marathon without its machine: events come out, effects go in."""

    master: ScriptedMaster
    events: "asyncio.Queue[Event]"
    calls: MasterCalls
    counts: Counter[str]
    running: "asyncio.Task[None]"


@asynccontextmanager
async def subscribed() -> AsyncIterator[Bench]:
    """A bench whose first subscription stands."""
    events: asyncio.Queue[Event] = asyncio.Queue()
    counts: Counter[str] = Counter()
    scheduler = MarathonScheduler(events.put_nowait, counts)
    async with ScriptedMaster() as master:

        def make_driver(info: FrameworkInfo) -> SchedulerDriver:
            options = DriverOptions(acknowledging=Acknowledging.EXPLICIT)
            return SchedulerDriver(scheduler, info, master.address, options, Random(1))

        info = make_framework_info(config_of(), Leadership(me=HostPort("h", 1)), "root", Restored())
        framework = Framework(info, make_driver, events.put_nowait)
        calls = MasterCalls(framework, counts)
        may_act = asyncio.Event()
        may_act.set()
        running = asyncio.create_task(framework.run())
        calling = asyncio.create_task(calls.run(may_act))
        assert Subscribed(framework_id=FrameworkId("F-0000")) == await events.get()
        yield Bench(master, events, calls, counts, running)
        for task in (running, calling):
            task.cancel()
        await asyncio.gather(running, calling, return_exceptions=True)


def test_introduction_has_the_roles_of_all_apps(make_app: MakeApp) -> None:
    """Ours first, then what the restored tree needs; and the id it had."""
    app = make_app("/dev/web", role="dev")
    history = RootHistory.of(put_spec(Group(version=app.version), app))
    restored = Restored(history=history, framework_id=FrameworkId("F-1"))
    info = make_framework_info(config_of("--mesos_role=prod"), Leadership(me=HostPort("host", 8080)), "root", restored)

    assert ("prod", "dev") == info.roles
    assert (FrameworkId("F-1"), 604800.0, True) == (info.id, info.failover_timeout, info.checkpoint)
    assert ("root", "host", "http://host:8080") == (info.user, info.hostname, info.webui_url)
    assert info.has(FrameworkCapabilityType.PARTITION_AWARE)
    assert not info.has(FrameworkCapabilityType.GPU_RESOURCES)


def test_what_flags_say_of_the_framework() -> None:
    """User, address of the UI and the feature for GPUs."""
    config = config_of("--mesos_user=nobody", "--webui_url=http://ui", "--enable_features=gpu_resources")
    info = make_framework_info(config, Leadership(me=HostPort("host", 8080)), "root", Restored())

    assert ("nobody", "http://ui") == (info.user, info.webui_url)
    assert info.has(FrameworkCapabilityType.GPU_RESOURCES)


async def test_kills_do_not_wait_for_acknowledgements_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the master answers none of them, all kills are on their way, and so are the acknowledgements."""
    sent: asyncio.Queue[str] = asyncio.Queue()
    may_answer = asyncio.Event()

    # Not seen at the scripted master, which reads a connection's next call once it has answered the one before.
    async def call(_self: SchedulerConnection, _stream: OpenedStream, call: Call) -> None:
        sent.put_nowait(call_name(call.body))
        await may_answer.wait()

    monkeypatch.setattr(SchedulerConnection, "call", call)
    async with subscribed() as bench:
        for number in range(8):
            bench.calls.put(KillTask(TaskId(f"t-{number}"), AgentId("a")))
            bench.calls.put(AcknowledgeStatus(STATUS))
        under_way = Counter([await sent.get() for _ in range(16)])
        may_answer.set()

    assert {"KILL": 8, "ACKNOWLEDGE": 8} == under_way


async def test_effects_become_calls_in_order() -> None:
    """Each kind of effect is one kind of call, sent in the order of the decisions."""
    async with subscribed() as bench:
        effects: list[MasterEffect] = [
            Decline((OfferId("o-1"),), Filters(refuse_seconds=5.0)),
            Accept(offer_ids=(OfferId("o-2"),), operations=(), filters=Filters()),
            KillTask(TaskId("t"), AgentId("a")),
            Reconcile((ReconcileTask(task_id=TaskId("t")),)),
            Suppress(("*",)),
            Revive(("*",)),
        ]
        for effect in effects:
            bench.calls.put(effect)
        sent = [(await bench.master.calls.get())["type"] for _ in effects]

    assert ["DECLINE", "ACCEPT", "KILL", "RECONCILE", "SUPPRESS", "REVIVE"] == sent
    assert (1, 1) == (bench.counts["mesos.offers.declined"], bench.counts["mesos.calls.revive"])


async def test_the_masters_events_become_ours() -> None:
    """One callback, one event."""
    offer = Offer(id=OfferId("o"), framework_id=FrameworkId("F-0000"), agent_id=AgentId("a"), hostname="h")
    async with subscribed() as bench:
        for body in (Offers((offer,)), Rescind(OfferId("o")), Update(STATUS), Failure(agent_id=AgentId("a"))):
            bench.master.say(body)
        events = [await bench.events.get() for _ in range(4)]

    assert [
        OffersReceived((offer,)),
        OfferRescinded(OfferId("o")),
        StatusReceived(STATUS),
        AgentLost(AgentId("a")),
    ] == (events)
    assert 1 == bench.counts["mesos.task-updates.task-running"]


async def test_a_new_role_is_a_new_subscription_of_the_same_framework() -> None:
    """The master hears of the role under our id; the machine hears that the old subscription is over."""
    async with subscribed() as bench:
        first = await bench.master.subscribes.get()
        bench.calls.put(Revive(("dev",)))
        second = await bench.master.subscribes.get()
        events = [await bench.events.get(), await bench.events.get()]

    assert ["*"] == first["subscribe"]["framework_info"]["roles"]
    assert ["*", "dev"] == second["subscribe"]["framework_info"]["roles"]
    assert {"value": "F-0000"} == second["framework_id"]
    assert [Disconnected(), Subscribed(framework_id=FrameworkId("F-0000"))] == events


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Framework has been removed", ExitCode.FRAMEWORK_REMOVED),
        ("Framework failed over", ExitCode.LOST_LEADERSHIP),
    ],
)
async def test_the_master_may_end_it(message: str, code: ExitCode) -> None:
    """A removed framework has a code of its own; one that another took over is a lost leadership."""
    async with subscribed() as bench:
        bench.master.say(Error(message))
        with pytest.raises(LeadershipEnded, match=message) as caught:
            await bench.running

    assert code is caught.value.exit_code
