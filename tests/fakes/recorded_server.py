"""An HTTP server of fixed answers in a thread of its own, for clients that block."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Self

import orjson
from aiohttp import web
from attrs import frozen

from koinon_daemon.listen import Listen
from koinon_daemon.server import HttpServer


@frozen(kw_only=True)
class RecordedAnswer:
    """A status and a document (or text), and headers."""

    status: int = 200
    document: Any = None
    headers: dict[str, str] | None = None


@frozen(kw_only=True)
class SeenRequest:
    """What a client sent."""

    method: str
    path: str
    query: dict[str, str]
    document: Any
    authorization: str | None = None


class RecordedServer:
    """Answers by method and path; several answers are given in turn, the last one for ever. Others get 404."""

    def __init__(self) -> None:
        self.address = ""
        self.seen: list[SeenRequest] = []
        self._answers: dict[tuple[str, str], list[RecordedAnswer]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._server = HttpServer(application, Listen(port=0), grace=0.1)

    def __enter__(self) -> Self:
        self._thread.start()
        self.address = str(asyncio.run_coroutine_threadsafe(self._server.start(), self._loop).result())
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._server.stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def record(self, request: str, *answers: RecordedAnswer) -> None:
        """``record("GET /v2/apps", RecordedAnswer(document=...))``."""
        method, _, path = request.partition(" ")
        self._answers[method, path] = list(answers)

    async def _answer(self, request: web.Request) -> web.Response:
        data = await request.read()
        document = orjson.loads(data) if data else None
        query = dict(request.query)
        self.seen.append(
            SeenRequest(
                method=request.method,
                path=request.path,
                query=query,
                document=document,
                authorization=request.headers.get("Authorization"),
            )
        )
        answers = self._answers.get((request.method, request.path))
        if not answers:
            return web.json_response({"message": f"nothing at {request.path}", "details": []}, status=404)
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer.document, str):
            return web.Response(status=answer.status, text=answer.document, headers=answer.headers)
        return web.json_response(answer.document, status=answer.status, headers=answer.headers)
