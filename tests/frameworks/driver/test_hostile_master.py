"""What no master should say: it costs a stream, never the scheduler, and what is wrong is in the log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fakes.recording_scheduler import QUICK, Recorder, running
from fakes.scripted_master import ScriptedMaster
from koinon_core.ids import FrameworkId, OfferId
from koinon_core.scheduler_api import Rescind, Subscribed
from koinon_frameworks import DriverOptions, FrameworkIdFile

_UPDATE = b'{"type":"UPDATE","update":{"status":{"task_id":{"value":"t"},"state":%b}}}'


async def test_subscription_that_is_told_twice_stays_the_one_it_was(tmp_path: Path) -> None:
    """A second SUBSCRIBED, under whatever id, is named in the log; nobody hears of it, and nothing of it is kept."""
    scheduler, keeper = Recorder(), FrameworkIdFile(tmp_path / "id")
    options = DriverOptions(backoff=QUICK, id_keeper=keeper)
    with capture_logs() as logs:
        async with (
            ScriptedMaster() as master,
            running(scheduler, master.address, options) as (driver, _),
        ):
            await master.subscribes.get()
            master.say(Subscribed(framework_id=FrameworkId("F-0000")))
            master.say(Subscribed(framework_id=FrameworkId("somebody-else")))
            master.say(Rescind(OfferId("O1")))
            seen = [await scheduler.seen.get() for _ in range(2)]

            assert [("subscribed", "F-0000"), ("rescinded", "O1")] == seen
            assert "F-0000" == driver.framework_id
            assert "F-0000" == await keeper.load()
    assert 2 == [log["event"] for log in logs].count("subscribed_twice")


@pytest.mark.parametrize("name", ["", "two\nlines", "x" * 256, "../../etc"])
async def test_what_is_no_id_is_never_kept(name: str, tmp_path: Path) -> None:
    """It would be what every later run subscribes with; the master is named, and asked again."""
    keeper = FrameworkIdFile(tmp_path / "id")
    options = DriverOptions(backoff=QUICK, id_keeper=keeper)
    with capture_logs() as logs:
        async with (
            ScriptedMaster() as master,
            running(Recorder(), master.address, options),
        ):
            master.framework_id = name
            await master.subscribes.get()
            await master.subscribes.get()

    assert await keeper.load() is None
    assert "SUBSCRIBED bears no framework id: " in next(
        log["reason"] for log in logs if log["event"] == "subscribe_failed"
    )


def _after(record: bytes) -> Callable[[ScriptedMaster], None]:
    return lambda master: master.say_raw(record)


@pytest.mark.parametrize(
    ("say", "reason"),
    [
        (_after(b'{"type":' + b"[" * 100_000), "depth limit exceeded"),
        (_after(b""), "empty document"),
        (_after(b"null"), "expected an object"),
        (_after(b'{"type":17}'), "the type 17 is not one of SUBSCRIBED"),
        (_after(b'{"type":"FAILURE"}'), "Expecting 'failure' to be present"),
        (_after(_UPDATE % b'"TASK_WEIRD"'), "$.update.status.state: 'TASK_WEIRD' is not one of TASK_STAGING"),
        (_after(bytes(range(256))), "not valid UTF-8"),
    ],
)
async def test_event_that_is_none_ends_its_stream_alone(say: Callable[[ScriptedMaster], None], reason: str) -> None:
    """The scheduler is told why, by field where there is one, and the next subscription is as good as the first."""
    scheduler = Recorder()
    async with ScriptedMaster() as master, running(scheduler, master.address):
        await master.subscribes.get()
        say(master)
        await master.subscribes.get()
        master.say(Rescind(OfferId("O1")))
        seen = [await scheduler.seen.get() for _ in range(4)]

    assert ["subscribed", "disconnected", "subscribed", "rescinded"] == [name for name, _ in seen]
    assert reason in str(seen[1][1])
