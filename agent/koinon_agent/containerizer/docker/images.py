"""Pulling images, each once however many containers wait for it (mesos-semantics 9.2)."""

from __future__ import annotations

import asyncio

import orjson
import structlog
from docker import auth
from docker.errors import InvalidRepository

from ..errors import EngineRefused, EngineUnavailable
from .engine import Engine
from .pause import PAUSE_CHANGES, PAUSE_IMAGE, make_image

_logger = structlog.get_logger(__name__)


class ImagePulls:
    """The pulls under way. At most ``limit`` at a time; one that lasts longer than ``timeout`` seconds is given up."""

    def __init__(self, engine: Engine, limit: int, timeout: float) -> None:
        self._engine = engine
        self._timeout = timeout
        self._limit = asyncio.Semaphore(limit)
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def pull(self, image: str) -> None:
        """Resolve when the image (with its tag) is there; whoever else wants it meanwhile shares this pull.

        Raises EngineRefused in the engine's words and EngineUnavailable. To cancel it is to stop waiting; the pull
        goes on for the others.
        """
        task = self._under_way.get(image)
        if task is None:
            task = self._under_way[image] = asyncio.create_task(self._pull(image))
            task.add_done_callback(lambda done: self._forget(image, done))
        await asyncio.shield(task)

    async def stop(self) -> None:
        """Give up all pulls."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, image: str, task: asyncio.Task[None]) -> None:
        del self._under_way[image]
        # Those who waited have the error; here it is only marked as seen, for the case that all have left.
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.warning("image_pull_failed", image=image, reason=str(error))

    async def _pull(self, image: str) -> None:
        async with self._limit:
            _logger.info("image_pull_started", image=image)
            try:
                async with asyncio.timeout(self._timeout):
                    await self._read_pull(image)
            except TimeoutError:
                reason = f"pull of {image} did not end within {self._timeout:g} seconds"
                raise EngineUnavailable(self._engine.url, reason) from None
            _logger.info("image_pulled", image=image)

    async def _read_pull(self, image: str) -> None:
        if image == PAUSE_IMAGE:
            await import_pause(self._engine)
            return
        headers = await asyncio.to_thread(_credentials, image)
        # A tag or digest inside fromImage is the engine's own short form.
        async with self._engine.stream("POST", "/images/create", {"fromImage": image}, headers) as response:
            async for line in response.content:
                if b'"error' in line:
                    raise EngineRefused(response.status, str(orjson.loads(line).get("error", line)))


async def import_pause(engine: Engine) -> None:
    """Make the image that holds the networks of pods. Raises EngineRefused and EngineUnavailable."""
    architecture = str((await engine.call("GET", "/version"))["Arch"])
    image = make_image(architecture)
    if image is None:
        raise EngineRefused(400, f"pods can't have a network of their own on {architecture}, only on amd64 and arm64")
    name, _, tag = PAUSE_IMAGE.partition(":")
    params = {"fromSrc": "-", "repo": name, "tag": tag, "changes": "\n".join(PAUSE_CHANGES)}
    await engine.call("POST", "/images/create", params, image)


def _credentials(image: str) -> dict[str, str]:
    try:
        registry, _ = auth.resolve_repository_name(image)
    except InvalidRepository as error:
        raise EngineRefused(400, str(error)) from error
    found = auth.load_config().resolve_authconfig(registry)
    return {"X-Registry-Auth": auth.encode_header(found).decode()} if found else {}
