"""Runs one candidate's campaign: signals of the group into ``leadership``, its instructions into requests."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from . import leadership
from .errors import QuorumError, QuorumUnavailable
from .group import Group, GroupSignal, Signals
from .interfaces import Standing, StandingKind
from .leadership import Event, GroupSeen, Join, Joined, Leadership, ReadGroup, Report

_EVENTS: dict[GroupSignal, Event] = {
    GroupSignal.CONNECTED: leadership.Connected(),
    GroupSignal.SUSPENDED: leadership.Disconnected(),
    GroupSignal.EXPIRED: leadership.Expired(),
    GroupSignal.CHANGED: leadership.GroupChanged(),
}


class GroupContender:
    """A Contender over a Group."""

    def __init__(self, group: Group, label: str) -> None:
        """``label`` begins the candidate's name; candidates with others don't count."""
        self._group = group
        self._label = label

    async def campaign(self, data: bytes) -> AsyncGenerator[Standing, None]:
        """See ``Contender.campaign``."""
        machine = Leadership(f"{self._group.subject}/{self._label}")
        with self._group.watching() as signals:
            try:
                async with aclosing(self._standings(machine, signals, data)) as standings:
                    async for standing in standings:
                        yield standing
                        if standing.kind is StandingKind.LOST:
                            return
            finally:
                if machine.sequence is not None:
                    await self._group.leave(self._label, machine.sequence)

    async def _standings(self, machine: Leadership, signals: Signals, data: bytes) -> AsyncGenerator[Standing, None]:
        while True:
            events: deque[Event] = deque([_EVENTS[await signals.get()]])
            while events:
                for instruction in machine.handle(events.popleft()):
                    if isinstance(instruction, Report):
                        yield instruction.standing
                    else:
                        events.extend(await self._carry_out(instruction, signals, data))

    async def _carry_out(self, instruction: Join | ReadGroup, signals: Signals, data: bytes) -> list[Event]:
        """What came of it: nothing when the connection is gone, as the signal of that is on its way."""
        try:
            if isinstance(instruction, Join):
                return [Joined(await self._join(data))]
            return [GroupSeen(tuple(await self._group.read(self._label, signals)))]
        except QuorumUnavailable:
            return []

    async def _join(self, data: bytes) -> int:
        """Join; if the campaign is cancelled on the way, leave no candidate behind whom nobody speaks for."""
        joining = asyncio.create_task(self._group.join(self._label, data))
        try:
            return await asyncio.shield(joining)
        except asyncio.CancelledError:
            with suppress(QuorumError):
                await self._group.leave(self._label, await joining)
            raise
