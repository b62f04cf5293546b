"""Messages that the agent says again and again until they are acknowledged (mesos-semantics 6.1). Pure.

Owns when each is said and over which connection. What is said, and what an acknowledgement means, is the callers'.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from random import Random
from typing import Generic, TypeVar

from attrs import frozen

from koinon_core.agent_link import AgentMessage
from koinon_core.backoff import Backoff

from .instructions import Instruction, Send
from .timers import Moment, Timers

RESEND = Backoff(initial=10.0, maximum=600.0)
"""Ten seconds, doubling to ten minutes."""
KeyT = TypeVar("KeyT", bound=Hashable)


@frozen
class ResendDue:
    """What was said about ``key`` waits for its acknowledgement for too long. Key of its timer."""

    key: Hashable


class Repeats(Generic[KeyT]):
    """What waits to be acknowledged, one message a key, and the connection it leaves by."""

    def __init__(self, timers: Timers, rng: Random, message_about: Callable[[KeyT], AgentMessage]) -> None:
        """``message_about`` says what is to be said about a key by now."""
        self._timers = timers
        self._rng = rng
        self._message_about = message_about
        self._link: int | None = None
        self._attempts: dict[KeyT, int] = {}

    def hold(self, key: KeyT) -> None:
        """Something waits, to be said once a master listens."""
        self._attempts[key] = 0

    def say(self, key: KeyT, now: Moment) -> list[Instruction]:
        """Say something at once, and again until it is settled."""
        self.hold(key)
        return self._send(key, now)

    def settle(self, key: KeyT) -> None:
        """It was taken in."""
        self._attempts.pop(key, None)
        self._timers.cancel(ResendDue(key))

    def resume(self, link: int, now: Moment) -> list[Instruction]:
        """A master listens (again) on that connection: everything that waits is said at once."""
        self._link = link
        self._attempts = dict.fromkeys(self._attempts, 0)
        return [instruction for key in self._attempts for instruction in self._send(key, now)]

    def pause(self) -> None:
        """No master listens any more (mesos-semantics 3.2)."""
        self._link = None
        for key in self._attempts:
            self._timers.cancel(ResendDue(key))

    def repeat(self, key: KeyT, now: Moment) -> list[Instruction]:
        """Say something again that waits still."""
        if key not in self._attempts:
            return []
        self._attempts[key] += 1
        return self._send(key, now)

    def _send(self, key: KeyT, now: Moment) -> list[Instruction]:
        if self._link is None:
            return []
        self._timers.set(ResendDue(key), now.steady + RESEND.delay(self._attempts[key], self._rng))
        return [Send(self._link, self._message_about(key))]
