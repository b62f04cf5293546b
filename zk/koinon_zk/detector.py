"""Tells who leads a group: its smallest candidate's data, now and after each change."""

import asyncio
from collections.abc import AsyncGenerator

from .errors import QuorumUnavailable
from .group import Group, GroupSignal, Signals


class GroupDetector:
    """A Detector over a Group."""

    def __init__(self, group: Group, label: str) -> None:
        """``label`` begins the names of the candidates that count."""
        self._group = group
        self._label = label

    async def leaders(self) -> AsyncGenerator[bytes | None, None]:
        """See ``Detector.leaders``."""
        with self._group.watching() as signals:
            known: tuple[int, bytes] | None = None
            connected = not signals.empty()
            if connected:
                signals.get_nowait()
                known = await self._read_leader(signals, known)
            yield known[1] if known else None
            while True:
                signal = await self._next_signal(signals, wait_for_ever=connected or known is None)
                if signal is not GroupSignal.CHANGED:
                    connected = signal is GroupSignal.CONNECTED
                seen = known
                if signal is None or signal is GroupSignal.EXPIRED:
                    seen = None
                elif signal is not GroupSignal.SUSPENDED:
                    seen = await self._read_leader(signals, known)
                if seen != known:
                    known = seen
                    yield known[1] if known else None

    async def _next_signal(self, signals: Signals, *, wait_for_ever: bool) -> GroupSignal | None:
        """The next one, or None when a suspended connection took longer than the grace to come back."""
        # Not wait_for: Python 3.11's forgets that it was cancelled when a signal comes at the same moment.
        try:
            async with asyncio.timeout(None if wait_for_ever else self._group.grace):
                return await signals.get()
        except TimeoutError:
            return None

    async def _read_leader(self, signals: Signals, known: tuple[int, bytes] | None) -> tuple[int, bytes] | None:
        try:
            for sequence in await self._group.read(self._label, signals):
                if known is not None and known[0] == sequence:
                    return known
                data = await self._group.data(self._label, sequence)
                if data is not None:
                    return sequence, data
        except QuorumUnavailable:
            return known  # the signal of that is on its way
        return None
