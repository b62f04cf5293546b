"""What the driver says when something is wrong: which master, which callback, whose credential."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from fakes.recording_scheduler import INFO, QUICK, running
from fakes.scripted_master import ScriptedMaster
from koinon_core.backoff import Backoff
from koinon_core.errors import InvalidValue
from koinon_core.ids import OfferId
from koinon_core.scheduler_api import Rescind, Subscribed
from koinon_daemon.credentials import Credential
from koinon_daemon.listen import Listen
from koinon_daemon.server import HttpServer, make_application
from koinon_frameworks import DriverOptions, EndKind, MasterAddressError, Scheduler, SchedulerCalls, SchedulerDriver

PATIENCE_SECONDS = 10.0


async def wait_for_logs(logs: list[Any], event: str, count: int = 1) -> list[dict[str, Any]]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(found := [dict(entry) for entry in logs if entry["event"] == event]) < count:  # noqa: ASYNC110 - a list
            await asyncio.sleep(0.005)
    return found


async def test_master_that_is_not_there_is_named_with_the_reason(free_port: int) -> None:
    """And when it is tried again; pauses grow."""
    options = DriverOptions(backoff=Backoff(initial=0.01, maximum=1.0))
    with capture_logs() as logs:
        async with running(Scheduler(), f"127.0.0.1:{free_port}", options):
            attempts = await wait_for_logs(logs, "subscribe_failed", 5)

    assert f"http://127.0.0.1:{free_port}" == attempts[0]["master"]
    assert "Connect call failed" in attempts[0]["reason"]
    assert [0.0, 0.0, 0.0, 0.1, 0.2] == [attempt["again_in"] for attempt in attempts[:5]]


@pytest.mark.parametrize(
    ("status", "credential", "said"),
    [
        (401, None, "no credential was given"),
        (403, Credential("fw", "hush"), "the credential of 'fw' was given"),
        (400, None, "answered 400: because"),
    ],
)
async def test_refusal_says_who_was_refused(status: int, credential: Credential | None, said: str) -> None:
    """With the master's words, and without the secret."""
    async with ScriptedMaster() as master:
        master.answer_subscribe = web.Response(status=status, text="because")
        options = DriverOptions(backoff=QUICK, credential=credential)
        ending = await SchedulerDriver(Scheduler(), INFO, master.address, options).run()

    assert EndKind.REFUSED is ending.kind
    assert said in ending.message
    assert "because" in ending.message
    assert "hush" not in ending.message


async def serve_page(_request: web.Request) -> web.Response:
    return web.Response(text="<html>", content_type="text/html")


async def serve_stream_of_text(_request: web.Request) -> web.Response:
    return web.Response(text="hello", headers={"Mesos-Stream-Id": "1"})


@pytest.mark.parametrize(
    ("handler", "said"),
    [(serve_page, "sent no Mesos-Stream-Id: it is no Mesos master"), (serve_stream_of_text, "answers in text/plain")],
)
async def test_answer_that_no_master_gives_ends_the_run(handler: Any, said: str) -> None:
    """Somebody else's server: trying again is of no use."""
    application = make_application([])
    application.router.add_post("/api/v1/scheduler", handler)
    server = HttpServer(application, Listen(port=0), grace=0.1)
    address = str(await server.start())
    try:
        ending = await SchedulerDriver(Scheduler(), INFO, address).run()
    finally:
        await server.stop()

    assert EndKind.REFUSED is ending.kind
    assert f"http://{address} {said}" in ending.message


async def test_address_of_another_service_is_suspected() -> None:
    """Whatever answers 404 there may be no master; a master that just starts does so, too, and is waited for."""
    server = HttpServer(make_application([]), Listen(port=0), grace=0.1)
    address = str(await server.start())
    try:
        with capture_logs() as logs:
            async with running(Scheduler(), address):
                [failed, *_] = await wait_for_logs(logs, "subscribe_failed")
    finally:
        await server.stop()

    assert "answered 404" in failed["reason"]
    assert "is it the address of a Mesos master?" in failed["reason"]


def test_wrong_address_is_refused_at_once() -> None:
    """By the part at fault."""
    with pytest.raises(MasterAddressError, match=r"nothing may follow host:port"):
        SchedulerDriver(Scheduler(), INFO, "http://127.0.0.1:5050/master")


@pytest.mark.parametrize("name", ["missed_heartbeats", "calls_per_second", "connections", "slow_callback"])
def test_number_that_makes_no_sense_is_named(name: str) -> None:
    """Not when it is used first, but when it is said."""
    with pytest.raises(InvalidValue, match=f"{name}: 0 is not greater than 0"):
        DriverOptions(**{name: cast("Any", 0)})


async def test_slow_callback_is_named_while_it_runs_and_after() -> None:
    """By class and method; the counts know how long it took."""
    release = asyncio.Event()

    class Slow(Scheduler):
        async def rescinded(self, driver: SchedulerCalls, offer_id: OfferId) -> None:
            await release.wait()

    options = DriverOptions(slow_callback=0.01)
    with capture_logs() as logs:
        async with ScriptedMaster() as master, running(Slow(), master.address, options) as (driver, _):
            await master.subscribes.get()
            master.say(Rescind(OfferId("O1")))
            [during, *_] = await wait_for_logs(logs, "callback_still_running")
            release.set()
            [after, *_] = await wait_for_logs(logs, "callback_slow")
            times = driver.counts().callbacks["rescinded"]

    assert ("Slow.rescinded", "Slow.rescinded") == (during["callback"], after["callback"])
    assert (1, times.seconds) == (times.calls, times.slowest)
    assert 0.01 <= times.slowest


async def test_callback_that_is_no_coroutine_is_named() -> None:
    """The slip of whoever knows older drivers."""

    class Old(Scheduler):
        def subscribed(self, driver: SchedulerCalls, event: Subscribed) -> None:  # type: ignore[override]
            pass

    async with ScriptedMaster() as master:
        with pytest.raises(TypeError, match=r"Old\.subscribed must be an async def"):
            await SchedulerDriver(Old(), INFO, master.address).run()


async def test_cancelled_run_ends_and_closes_its_stream() -> None:
    """Whatever it is at, a callback among it."""
    at_it = asyncio.Event()

    class Busy(Scheduler):
        async def subscribed(self, driver: SchedulerCalls, event: Subscribed) -> None:
            at_it.set()
            await asyncio.Event().wait()

    async with ScriptedMaster() as master:
        run = asyncio.create_task(SchedulerDriver(Busy(), INFO, master.address).run())
        await at_it.wait()
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

        assert "the client closed the connection" == await master.streams[0].wait_closed()
