"""Pulling images, each once however many containers wait for it (mesos-semantics 9.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote

import orjson
import structlog

from ...errors import EngineRefused, EngineUnavailable
from ..engine import Engine
from .pause import PAUSE_CHANGES, PAUSE_IMAGE, make_image
from .pull_progress import PullProgress

_logger = structlog.get_logger(__name__)

_IN_USE = 409
_TELL_SECONDS = 10.0
"""How often the log says how far a pull has come."""


class ImagePulls:
    """The pulls under way. At most ``limit`` at a time; one that lasts longer than ``timeout`` seconds is given up."""

    def __init__(self, engine: Engine, limit: int, timeout: float) -> None:
        self._engine = engine
        self._timeout = timeout
        self._limit = asyncio.Semaphore(limit)
        self._under_way: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._pulled: set[str] = set()

    async def pull(self, image: str, registry_auth: str = "") -> None:
        """Resolve when the image (with its tag) is there; who wants it meanwhile by the same right shares this pull.

        ``registry_auth`` is the engine's header of that name, if any. Raises EngineRefused in the engine's words and
        EngineUnavailable. To cancel it is to stop waiting; the pull goes on for the others.
        """
        key = (image, registry_auth)
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._pull(image, registry_auth))
            task.add_done_callback(lambda done: self._forget(key, done))
        await asyncio.shield(task)

    async def prune(self, excluded: Collection[str]) -> None:
        """Delete the images that were pulled here and that no container is made of; others may be somebody else's.

        Raises EngineUnavailable.
        """
        for image in sorted(self._pulled.difference(excluded, (PAUSE_IMAGE,))):
            try:
                await self._engine.call("DELETE", f"/images/{quote(image, safe='/:@')}")
                _logger.info("image_pruned", image=image)
            except EngineRefused as error:
                if error.status == _IN_USE:
                    continue
                _logger.info("image_not_pruned", image=image, reason=error.reason)
            self._pulled.discard(image)

    async def stop(self) -> None:
        """Give up all pulls."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, key: tuple[str, str], task: asyncio.Task[None]) -> None:
        del self._under_way[key]
        # Those who waited have the error; here it is only marked as seen, for the case that all have left.
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.warning("image_pull_failed", image=key[0], reason=str(error))

    async def _pull(self, image: str, registry_auth: str) -> None:
        progress = PullProgress()
        async with self._limit:
            _logger.info("image_pull_started", image=image)
            try:
                async with asyncio.timeout(self._timeout):
                    await self._read_pull(image, registry_auth, progress)
            except TimeoutError:
                reason = f"pull of {image} did not end within {self._timeout:g} seconds ({progress})"
                raise EngineUnavailable(self._engine.url, reason) from None
            self._pulled.add(image)
            _logger.info("image_pulled", image=image, progress=str(progress))

    async def _read_pull(self, image: str, registry_auth: str, progress: PullProgress) -> None:
        if image == PAUSE_IMAGE:
            await import_pause(self._engine)
            return
        headers = {"X-Registry-Auth": registry_auth} if registry_auth else {}
        clock = asyncio.get_running_loop().time
        told = clock()
        # A tag or digest inside fromImage is the engine's own short form.
        async with self._engine.stream("POST", "/images/create", {"fromImage": image}, headers) as response:
            async for line in response.content:
                said = _read_line(line)
                if "error" in said:
                    raise EngineRefused(response.status, str(said["error"]))
                progress.feed(said)
                if clock() - told >= _TELL_SECONDS:
                    told = clock()
                    _logger.info("image_pull_goes_on", image=image, progress=str(progress))


async def import_pause(engine: Engine) -> None:
    """Make the image that holds the networks of pods. Raises EngineRefused and EngineUnavailable."""
    architecture = str((await engine.call("GET", "/version"))["Arch"])
    image = make_image(architecture)
    if image is None:
        raise EngineRefused(400, f"pods can't have a network of their own on {architecture}, only on amd64 and arm64")
    name, _, tag = PAUSE_IMAGE.partition(":")
    params = {"fromSrc": "-", "repo": name, "tag": tag, "changes": "\n".join(PAUSE_CHANGES)}
    await engine.call("POST", "/images/create", params, image)


def _read_line(line: bytes) -> Mapping[str, Any]:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}
