"""Which stream is whose: what the agent wants said to executors goes to the streams that they opened. Decides nothing.

Pure: what a stream is made of is its maker's affair (``http/executor_api.py``).
"""

from __future__ import annotations

from itertools import count
from typing import Protocol

from koinon_core.executor_api import EventBody

from ..instructions import AttachExecutor, CloseStream, TellExecutor
from ..timers import ExecutorKey

StreamInstruction = AttachExecutor | TellExecutor | CloseStream


class Stream(Protocol):
    """What an executor listens on."""

    def send(self, event: EventBody) -> None:
        """Say something, without waiting."""

    def finish(self, reason: str) -> None:
        """End it once all is out."""


class ExecutorStreams:
    """All that are open, by number, and the one of each executor that counts."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._open: dict[int, Stream] = {}
        self._current: dict[ExecutorKey, int] = {}

    def open(self, stream: Stream) -> int:
        """The number of a new stream; nothing is said on it before it is attached."""
        number = next(self._numbers)
        self._open[number] = stream
        return number

    def close(self, number: int) -> None:
        """A stream is over."""
        self._open.pop(number, None)
        self._current = {key: current for key, current in self._current.items() if current != number}

    def carry_out(self, instruction: StreamInstruction) -> None:
        """Say it, on whichever stream is the executor's now."""
        match instruction:
            case AttachExecutor(executor=executor, stream=number):
                former = self._open.get(self._current.get(executor, 0))
                if former is not None:
                    former.finish("the executor subscribed anew")
                self._current[executor] = number
            case TellExecutor(executor=executor, event=event):
                stream = self._open.get(self._current.get(executor, 0))
                if stream is not None:
                    stream.send(event)
            case CloseStream(stream=number, reason=reason):
                if (stream := self._open.get(number)) is not None:
                    stream.finish(reason)
