"""How a process that has said its last comes to its end, whatever a stranger's code has left running in it."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
from contextlib import suppress

import structlog

LAST_SECONDS = 3.0
"""For how long threads, tasks that heed no cancelling and ``atexit`` may keep a process that is done."""
_STDERR = 2
_logger = structlog.get_logger(__name__)


def leave_soon(code: int) -> None:
    """End this process in a moment with that code, should it not have ended by then; what keeps it is told."""
    leaving = threading.Timer(LAST_SECONDS, _leave, (code,))
    leaving.daemon = True
    with suppress(RuntimeError, MemoryError):  # no thread can be started: the other way serves as well
        leaving.start()
    # Asks neither the interpreter nor its lock.
    faulthandler.dump_traceback_later(2 * LAST_SECONDS, exit=True, file=_STDERR)


def _leave(code: int) -> None:
    threads = [thread.name for thread in threading.enumerate() if not thread.daemon]
    with suppress(OSError, ValueError):
        _logger.warning("process_left", reason="it had ended, and something in it had not", threads=threads)
        sys.stdout.flush()
        faulthandler.dump_traceback(file=_STDERR, all_threads=True)
    os._exit(code)
