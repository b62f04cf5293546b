"""How a host ends, as its exit code tells whoever supervises it."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from koinon_daemon.errors import ExitCode
from koinon_daemon.supervision import Stop
from koinon_frameworks.election import Steps
from koinon_frameworks.errors import LeadershipEnded
from koinon_frameworks.host.app import CommandWords, HostApp
from koinon_frameworks.host.config import HostConfig
from koinon_frameworks.host.watch_events import HostEvent, StopRequested
from koinon_zk import Standing, StandingKind

STEPS = Steps(lead=lambda _: None, act=lambda _: None)


class Losing:
    """A candidate that led and does not any more."""

    async def campaign(self, data: bytes) -> AsyncGenerator[Standing, None]:
        """Won, then lost."""
        for kind in (StandingKind.LEADING, StandingKind.LOST):
            yield Standing(kind, 1)


async def test_an_election_lost_while_stopping_is_no_failure() -> None:
    """The host ends as asked, only faster: whoever leads now must not find the plugin at work."""
    stop, told = Stop(), list[HostEvent]()
    app = HostApp(CommandWords("paint", ()), HostConfig(master="127.0.0.1:5050"), stop)
    stop.request("SIGTERM")
    await app.campaign(told.append, Losing(), STEPS)

    assert [StopRequested(is_orderly=False)] == told
    assert ExitCode.CLEAN is stop.code


async def test_an_election_lost_at_work_ends_the_host() -> None:
    """Exit code 103 has it started again."""
    app = HostApp(CommandWords("paint", ()), HostConfig(master="127.0.0.1:5050"), Stop())

    with pytest.raises(LeadershipEnded) as caught:
        await app.campaign(lambda _: None, Losing(), STEPS)
    assert ExitCode.LOST_LEADERSHIP is caught.value.exit_code
