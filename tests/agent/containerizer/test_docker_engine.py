"""The engine as a connection that comes and goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from koinon_agent.containerizer import EngineUnavailable
from koinon_agent.containerizer.docker.containerizer import DockerContainerizer
from koinon_agent.containerizer.docker.engine import Engine
from koinon_agent.containerizer.docker.options import DockerOptions
from koinon_agent.containerizer.errors import EngineRefused
from koinon_core.ids import AgentId
from support.docker_engine import docker_url


@pytest.mark.slow
async def test_a_start_that_failed_can_be_tried_again(tmp_path: Path) -> None:
    """An engine that starts after its agent is found: the agent asks again until it answers."""
    socket = tmp_path / "docker.sock"
    containerizer = DockerContainerizer(DockerOptions(url=f"unix://{socket}"))
    with pytest.raises(EngineUnavailable, match=str(socket)):
        await containerizer.start()
    await containerizer.stop()

    socket.symlink_to(docker_url().removeprefix("unix://"))
    await containerizer.start()
    assert [] == list(await containerizer.orphans(AgentId("nobody")))
    await containerizer.stop()


Engines = Callable[..., AbstractAsyncContextManager[Engine]]


@pytest.fixture
def engines(tmp_path: Path, free_port: int) -> Engines:
    """Starts a server that says of itself what a test wants, and the way to it: over a unix socket, or over tcp."""

    async def answer(request: web.Request) -> web.Response:
        match request.match_info["what"]:
            case "info":
                return web.json_response({"LoggingDriver": "local"})
            case "refused":
                return web.json_response({"message": "No such image: x"}, status=404)
            case "silent":
                await asyncio.sleep(60)
            case "broken":
                return web.Response(body=b"{")
            case "empty":
                return web.Response(status=204)
        return web.json_response({"path": request.path, "said": await request.json()})

    @asynccontextmanager
    async def make(version: dict[str, str], *, is_tcp: bool = False, deadline: float = 30.0) -> AsyncIterator[Engine]:
        async def tell(_: web.Request) -> web.Response:
            return web.json_response(version)

        app = web.Application()
        app.router.add_get("/version", tell)
        app.router.add_route("*", "/{version}/{what}", answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        socket = tmp_path / "engine.sock"
        site = web.TCPSite(runner, "127.0.0.1", free_port) if is_tcp else web.UnixSite(runner, str(socket))
        await site.start()
        engine = Engine(f"tcp://127.0.0.1:{free_port}" if is_tcp else f"unix://{socket}", 2, deadline)
        try:
            yield engine
        finally:
            await engine.stop()
            await runner.cleanup()

    return make


@pytest.mark.parametrize(
    ("newest", "oldest", "agreed"),
    [("1.41", "1.12", "1.41"), ("1.99", "1.24", "1.47"), ("1.99", "1.60", "1.60"), ("1.25", "", "1.25")],
)
@pytest.mark.parametrize("is_tcp", [False, True])
async def test_the_newest_version_that_both_know_is_spoken(
    engines: Engines, newest: str, oldest: str, agreed: str, is_tcp: bool
) -> None:
    """The engine's own, unless it is newer than we know; and never one that it has given up."""
    async with engines({"ApiVersion": newest, "MinAPIVersion": oldest}, is_tcp=is_tcp) as engine:
        await engine.start()

        assert {"path": f"/v{agreed}/x", "said": [1]} == await engine.call("POST", "/x", body=[1])


@pytest.mark.parametrize("version", [{"ApiVersion": "1.24"}, {"ApiVersion": "new"}, {}])
async def test_an_engine_without_a_version_for_us_is_no_engine(engines: Engines, version: dict[str, str]) -> None:
    """Too old, or nothing of the kind: the start says so."""
    async with engines(version) as engine:
        with pytest.raises(EngineUnavailable, match="no version to agree on"):
            await engine.start()


async def test_silence_past_the_deadline_is_absence(engines: Engines) -> None:
    """Which is said with what was asked."""
    async with engines({"ApiVersion": "1.41"}, deadline=0.5) as engine:
        await engine.start()
        with pytest.raises(EngineUnavailable, match=r"no answer to GET /silent within 0\.5 seconds"):
            await engine.call("GET", "/silent")


async def test_what_an_engine_may_answer(engines: Engines) -> None:
    """Refusals carry the engine's words; nonsense is its absence."""
    async with engines({"ApiVersion": "1.41"}) as engine:
        await engine.start()
        nothing = await engine.call("DELETE", "/empty")
        with pytest.raises(EngineRefused) as refused:
            await engine.call("GET", "/refused")
        with pytest.raises(EngineUnavailable):
            await engine.call("GET", "/broken")
        await engine.stop()
        with pytest.raises(EngineUnavailable, match="not connected"):
            await engine.call("GET", "/x")

    assert (None, "No such image: x", True) == (nothing, refused.value.reason, refused.value.is_image_missing)
