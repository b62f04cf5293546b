"""The directory of one cluster: made, and held by one ``koinon up`` at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import Conflict, UsageFault


@contextmanager
def held_work_dir(work_dir: Path) -> Iterator[None]:
    """Make it and hold it for the length of the block. Raises Conflict while another holds it, UsageFault.

    The kernel drops the lock when the holder ends, however it ends.
    """
    try:
        work_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = (work_dir / "up.lock").open("a+")
    except OSError as error:
        raise UsageFault(f"--work-dir {work_dir} can't be used: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise Conflict(f"a cluster runs in {work_dir} already (pid {holder})") from None
        try:
            file.truncate(0)
            os.write(file.fileno(), f"{os.getpid()}\n".encode())
        except OSError as error:
            raise UsageFault(f"--work-dir {work_dir} can't be used: {error.strerror}") from error
        yield
