"""One nested container: a command within a running container, who listens to it, and how it ended.

Owns carrying its output to listeners until it ends, and its one input. Starting it is a containerizer's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from attrs import field, frozen

from koinon_core.containers import ContainerIdInfo

from ..containerizer.session import Output, Session
from .requests import Around, show_id

_logger = structlog.get_logger(__name__)

_LAST_WORDS_SECONDS = 2.0
"""How long one that is closed waits for a listener that takes nothing."""
Listener = Callable[[Output, bytes], Awaitable[None]]
"""Takes what a command says. The command waits while it does not return."""


class NestedContainer:
    """From its start on, until it is removed."""

    def __init__(self, container_id: ContainerIdInfo, around: Around, session: Session) -> None:
        self.container_id = container_id
        self.around = around
        self.session = session
        self.has_input_attached = False
        self._listeners: list[Listener] = []
        self._exit_code: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._carrying: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """Its id with those around it."""
        return show_id(self.container_id)

    def begin(self) -> asyncio.Task[None]:
        """Carry output from now on, until it ends: whoever listens from the start has been added."""
        self._carrying = asyncio.create_task(self._carry())
        return self._carrying

    def listen(self, listener: Listener) -> None:
        """Let somebody hear what it says from now on. One that raises OSError hears no more."""
        self._listeners.append(listener)

    def leave(self, listener: Listener) -> None:
        """Tell somebody no more."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    async def wait(self) -> int | None:
        """Its exit code as a shell tells it; None where nobody can tell."""
        return await asyncio.shield(self._exit_code)

    async def close(self) -> None:
        """End it by force, and wait for that."""
        await self.session.close()
        self._listeners.clear()
        carrying = self._carrying or self.begin()
        await asyncio.wait((carrying,), timeout=_LAST_WORDS_SECONDS)
        carrying.cancel()

    async def _carry(self) -> None:
        code = None
        try:
            while (said := await self.session.read()) is not None:
                for listener in tuple(self._listeners):
                    await self._tell(listener, *said)
            code = await self.session.wait()
            await self.session.close()
        except (OSError, ValueError) as error:
            _logger.error("nested_container_lost", container=self.name, error=repr(error))
        finally:
            if not self._exit_code.done():
                self._exit_code.set_result(code)

    async def _tell(self, listener: Listener, output: Output, data: bytes) -> None:
        try:
            await listener(output, data)
        except OSError as error:
            _logger.info("listener_left", container=self.name, reason=str(error))
            self.leave(listener)


@frozen
class Ended:
    """What is remembered of a nested container that nobody removed: enough to be waited for."""

    around: Around = field(repr=False)
    exit_code: int | None
