"""Where fetched bytes go: into an open file, counted and hashed on their way. Blocks; runs in threads."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

from .errors import FetchStopped, SourceRefused
from .plan import Checksum

COPY_BYTES = 1024 * 1024


class Sink:
    """A file that is being written. ``size`` bytes have come so far."""

    def __init__(self, descriptor: int, max_size: int, checksum: Checksum | None) -> None:
        """The descriptor stays its owner's to close."""
        self.size = 0
        self._descriptor = descriptor
        self._max_size = max_size
        self._checksum = checksum
        self._hash = None if checksum is None else hashlib.new(checksum.algorithm)

    def find_size_problem(self, size: int) -> str | None:
        """Why a file of that size is too large, or None."""
        return f"it is larger than the {self._max_size} bytes of --fetcher_max_size" if size > self._max_size else None

    def write(self, data: bytes) -> None:
        """Take more in. Raises SourceRefused when it is too much, OSError when the disk is full."""
        self.size += len(data)
        problem = self.find_size_problem(self.size)
        if problem is not None:
            raise SourceRefused(problem)
        if self._hash is not None:
            self._hash.update(data)
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def finish(self) -> None:
        """All has come. Raises SourceRefused when it is not what was promised."""
        if self._hash is None or self._checksum is None or self._hash.hexdigest() == self._checksum.digest:
            return
        raise SourceRefused(
            f"its {self._checksum.algorithm} is {self._hash.hexdigest()}, and {self._checksum.digest} was promised"
        )


def copy(source: int, sink: Sink, is_stopped: Callable[[], bool]) -> None:
    """All of an open file. Raises SourceRefused, FetchStopped and OSError."""
    while data := os.read(source, COPY_BYTES):
        if is_stopped():
            raise FetchStopped
        sink.write(data)
    sink.finish()
