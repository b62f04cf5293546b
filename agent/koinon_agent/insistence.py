"""Asking an engine until it answers: it may be restarting while its containers live."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeVar

import structlog

from koinon_core.backoff import Backoff

from .containerizer import EngineUnavailable

T = TypeVar("T")
_RETRY = Backoff(initial=0.5, maximum=30.0, jitter=0.5)

_logger = structlog.get_logger(__name__)


async def insist(what: str, call: Callable[[], Awaitable[T]], rng: Random) -> T:
    """Call again and again while EngineUnavailable is raised. ``what`` is the name of the call in the log."""
    attempt = 0
    while True:
        try:
            return await call()
        except EngineUnavailable as error:
            _logger.warning("engine_unavailable", call=what, error=str(error), attempt=attempt)
            await asyncio.sleep(_RETRY.delay(attempt, rng))
            attempt += 1
