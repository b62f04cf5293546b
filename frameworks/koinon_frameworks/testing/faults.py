"""Calls that go wrong on purpose, by name and in turn. Pure."""

from __future__ import annotations

from collections import deque
from typing import Any

from attrs import define, field, frozen

from koinon_core.scheduler_api import CallBody, Unknown
from koinon_core.wire.schema import SCHEDULER_CALLS

from ..calls import CallFailure, CallFailureKind
from .world import FakeMasterError


@frozen(kw_only=True)
class Fault:
    """What goes wrong with a call. ``takes_effect``: the master carries it out none the less."""

    failure: CallFailure
    takes_effect: bool = False
    delay: float = 0.0


@define
class Faults:
    """What goes wrong with the next calls of a name."""

    _waiting: dict[str, deque[Fault]] = field(factory=dict)

    def refuse(self, name: str, why: str, times: int) -> None:
        """The master takes the next calls for wrong."""
        failure = CallFailure(call=name, kind=CallFailureKind.REFUSED, why=why, status=400)
        self._queue(name).extend([Fault(failure=failure)] * times)

    def leave_unanswered(self, name: str, times: int, delay: float, *, takes_effect: bool) -> None:
        """The next calls get no answer: their deadline passes."""
        failure = CallFailure(call=name, kind=CallFailureKind.UNANSWERED, why="no answer came in time")
        self._queue(name).extend([Fault(failure=failure, takes_effect=takes_effect, delay=delay)] * times)

    def take(self, body: CallBody | Unknown) -> Fault | None:
        """What goes wrong with this call, if anything does."""
        waiting = self._waiting.get(SCHEDULER_CALLS.names.get(type(body), ""))
        return waiting.popleft() if waiting else None

    def _queue(self, name: str) -> deque[Fault]:
        known: Any = SCHEDULER_CALLS.names.values()
        if name not in known or name == "SUBSCRIBE":
            raise FakeMasterError(f"no call is named {name!r}; named so are: {', '.join(sorted(known))}")
        return self._waiting.setdefault(name, deque())
