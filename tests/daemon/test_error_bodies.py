"""Exceptions of handlers as HTTP bodies."""

from collections.abc import AsyncIterator

import attrs
import pytest
import structlog
from aiohttp import ClientError, ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Middleware

from koinon_daemon.error_bodies import error_middleware
from koinon_daemon.errors import ApiError


@attrs.frozen
class DetailedError(ApiError):
    """What an API with a shape of its own raises."""

    details: tuple[str, ...] = ()


def render_json(error: ApiError) -> web.Response:
    """A renderer like Marathon's."""
    details = list(error.details) if isinstance(error, DetailedError) else []
    return web.json_response({"message": error.text, "details": details}, status=error.status, headers=error.headers)


async def forbid(_request: web.Request) -> web.Response:
    raise ApiError(401, "who are you", {"WWW-Authenticate": "Basic"})


async def detail(_request: web.Request) -> web.Response:
    raise DetailedError(422, "Object is not valid", details=("/id",))


async def crash(_request: web.Request) -> web.Response:
    raise ZeroDivisionError("secret inside")


async def move(_request: web.Request) -> web.Response:
    raise web.HTTPFound("/there")


async def crash_midway(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"half")
    raise ZeroDivisionError


async def answer_late(request: web.Request) -> web.StreamResponse:
    """Begin to answer when the client is gone."""
    transport = request.transport
    if transport is not None:
        transport.abort()
    response = web.StreamResponse()
    await response.prepare(request)
    return response


def application(middleware: Middleware) -> web.Application:
    """All handlers above behind the middleware."""
    app = web.Application(middlewares=[middleware])
    for handler in (forbid, detail, crash, move, crash_midway, answer_late):
        app.router.add_get(f"/{handler.__name__}", handler)
    return app


@pytest.fixture
async def client() -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """A client of the application with plain bodies."""
    async with TestClient(TestServer(application(error_middleware()))) as client:
        yield client


async def test_api_error_is_plain_text(client: TestClient[web.Request, web.Application]) -> None:
    """Status, sentence and headers of an ApiError arrive as they are."""
    response = await client.get("/forbid")

    assert (401, "who are you") == (response.status, await response.text())
    assert "Basic" == response.headers["WWW-Authenticate"]
    assert "text/plain" == response.content_type


async def test_own_renderer_sees_own_fields() -> None:
    """An API renders its own subclass in its own shape."""
    async with TestClient(TestServer(application(error_middleware(render_json)))) as client:
        response = await client.get("/detail")

        assert 422 == response.status
        assert {"message": "Object is not valid", "details": ["/id"]} == await response.json()


async def test_errors_of_the_router(client: TestClient[web.Request, web.Application]) -> None:
    """Unknown routes and methods are rendered alike, and 405 keeps its Allow header."""
    unknown = await client.get("/nowhere")
    method = await client.post("/crash")

    assert (404, "Not Found") == (unknown.status, await unknown.text())
    assert (405, "Method Not Allowed") == (method.status, await method.text())
    assert "GET,HEAD" == method.headers["Allow"]


async def test_redirects_pass(client: TestClient[web.Request, web.Application]) -> None:
    """An HTTPException that is no error is left alone."""
    response = await client.get("/move", allow_redirects=False)

    assert 302 == response.status


async def test_crash_is_an_incident(client: TestClient[web.Request, web.Application]) -> None:
    """An unforeseen exception is a 500 with an id that is in the log, and tells the client nothing else."""
    with structlog.testing.capture_logs() as logs:
        response = await client.get("/crash")
        text = await response.text()

    assert 500 == response.status
    assert "secret" not in text
    assert [("request_crashed", "/crash")] == [(line["event"], line["path"]) for line in logs]
    assert logs[0]["incident"] in text


async def test_crash_midway_cuts_the_answer(client: TestClient[web.Request, web.Application]) -> None:
    """A response already under way is cut, so that the client can't take it for whole."""
    async with ClientSession() as session, session.get(client.make_url("/crash_midway")) as response:
        with pytest.raises(ClientError):
            await response.read()


async def test_a_client_that_left_is_no_incident(client: TestClient[web.Request, web.Application]) -> None:
    """Nobody can fill the log with tracebacks by not waiting for answers."""
    with structlog.testing.capture_logs() as logs, pytest.raises(ClientError):
        await client.get("/answer_late")

    assert [] == logs
