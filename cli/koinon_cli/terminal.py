"""This process's own terminal or pipes: raw bytes in and out, and the size of the window."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
import threading
import tty
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

_CHUNK = 32 * 1024
_SIZE = (24, 80)
_WAITING = 4
"""Pieces of input that are read ahead of whom they are for."""


def window_size() -> tuple[int, int]:
    """Rows and columns of the terminal that stdin is; what terminals once had where it does not say."""
    try:
        size = os.get_terminal_size(sys.stdin.fileno())
    except OSError:
        return _SIZE
    return (size.lines, size.columns) if size.lines and size.columns else _SIZE


class LocalTerminal:
    """A context in which keys come as they are typed, if it ``is_raw``; the terminal is as it was after it."""

    def __init__(self, *, is_raw: bool) -> None:
        self._is_raw = is_raw
        self._before: list[Any] | None = None

    def __enter__(self) -> Self:
        if self._is_raw:
            self._before = termios.tcgetattr(sys.stdin.fileno())
            # What was typed ahead is kept.
            tty.setraw(sys.stdin.fileno(), termios.TCSADRAIN)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._before is not None:
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._before)

    def size(self) -> tuple[int, int]:
        """Rows and columns of the window."""
        return window_size()

    def write(self, data: bytes, *, is_error: bool = False) -> None:
        """Show it at once."""
        stream = (sys.stderr if is_error else sys.stdout).buffer
        stream.write(data)
        stream.flush()

    async def read(self) -> AsyncIterator[bytes]:
        """What comes on stdin, to its end.

        A thread waits for it, as stdin may be a file, which no event loop can watch. It is a daemon: the process may
        end while it waits.
        """
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[bytes] = asyncio.Queue(_WAITING)

        def pump() -> None:
            data = b"-"
            while data:
                try:
                    data = os.read(sys.stdin.fileno(), _CHUNK)
                    asyncio.run_coroutine_threadsafe(pieces.put(data), loop).result()
                except (OSError, RuntimeError, ValueError, asyncio.CancelledError):
                    return  # whoever was to get it has left

        threading.Thread(target=pump, daemon=True, name="stdin").start()
        while data := await pieces.get():
            yield data

    def watch_size(self) -> asyncio.Queue[tuple[int, int]]:
        """The sizes that the window takes from now on."""
        sizes: asyncio.Queue[tuple[int, int]] = asyncio.Queue()
        if self._is_raw:
            asyncio.get_running_loop().add_signal_handler(signal.SIGWINCH, lambda: sizes.put_nowait(self.size()))
        return sizes
