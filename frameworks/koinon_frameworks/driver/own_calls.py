"""What a driver asks of the master by itself: offers as they are wanted, and what became of the known tasks.

When it is time for which call is ``demand``'s and ``reconcile``'s; this is their loop.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from koinon_core.scheduler_api import Revive, Suppress

from ..calls import CallFailureKind
from .demand import RoleDemand
from .reconcile import RoutineReconciliation
from .sending import CallSender


class OwnCalls:
    """Sends what is due while there is a subscription."""

    def __init__(self, demand: RoleDemand, reconciliation: RoutineReconciliation, sender: CallSender) -> None:
        self._demand = demand
        self._reconciliation = reconciliation
        self._sender = sender
        self._has_changed = asyncio.Event()

    def note_change(self) -> None:
        """A call may be due that was not: something else is wanted, or a subscription stands."""
        self._has_changed.set()

    async def run(self) -> None:
        """Send for ever. Raises what the scheduler's ``known_tasks`` raises."""
        loop = asyncio.get_running_loop()
        while True:
            self._has_changed.clear()
            if self._sender.is_open:
                await self._send_due(loop.time())
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._deadline()):
                    await self._has_changed.wait()

    def _deadline(self) -> float | None:
        if not self._sender.is_open:
            return None
        known = [moment for moment in (self._demand.deadline, self._reconciliation.deadline) if moment is not None]
        return min(known, default=None)

    async def _send_due(self, now: float) -> None:
        for body in self._demand.due(now):
            await self._send_demand(body)
        question = self._reconciliation.due(now)
        if question is not None:
            await self._sender.send(question)

    async def _send_demand(self, body: Revive | Suppress) -> None:
        failure = await self._sender.send(body)
        if failure is not None and failure.kind is not CallFailureKind.REFUSED:
            self._demand.note_lost(body)
