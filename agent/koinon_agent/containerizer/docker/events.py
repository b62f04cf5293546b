"""The one stream of an engine's events, from which we learn that containers end. Owns staying connected."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import orjson
import structlog
from attrs import frozen

from koinon_core.ids import ContainerId

from ..errors import EngineRefused, EngineUnavailable
from .engine import Engine
from .request.spec import CONTAINER_LABEL

_logger = structlog.get_logger(__name__)

_FILTERS = orjson.dumps({"type": ["container"], "event": ["die"], "label": [CONTAINER_LABEL]}).decode()
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0


@frozen
class Died:
    """The engine says that a container ended; None where it does not say how."""

    container_id: ContainerId
    exit_code: int | None


class EventStream:
    """Reads the stream for ever and connects again whenever it breaks.

    ``on_connected`` is awaited after each connection, before its first event: then all that was missed can be asked
    for. ``on_died`` must not wait.
    """

    def __init__(
        self, engine: Engine, on_connected: Callable[[], Awaitable[None]], on_died: Callable[[Died], None]
    ) -> None:
        self._engine = engine
        self._on_connected = on_connected
        self._on_died = on_died
        self._pause = _FIRST_PAUSE_SECONDS

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._read()
                reason = "closed by the engine"
            except (EngineUnavailable, EngineRefused, ValueError) as error:
                reason = str(error)
            _logger.warning("engine_events_lost", engine=self._engine.url, reason=reason, pause=self._pause)
            await asyncio.sleep(self._pause)
            self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)

    async def _read(self) -> None:
        async with self._engine.stream("GET", "/events", {"filters": _FILTERS}) as response:
            await self._on_connected()
            self._pause = _FIRST_PAUSE_SECONDS
            async for line in response.content:
                if line.strip():
                    self._on_died(_read_event(line))


def _read_event(line: bytes) -> Died:
    attributes = orjson.loads(line).get("Actor", {}).get("Attributes", {})
    exit_code = attributes.get("exitCode")
    return Died(ContainerId(attributes.get(CONTAINER_LABEL, "")), int(exit_code) if exit_code is not None else None)
