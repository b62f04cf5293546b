"""The HTTP of a plugin under test, asked as a browser would: routes and page, over a real socket of this machine.

Who may ask, and what the host answers itself, is the host's affair and no part of it.
"""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import ClientSession
from attrs import frozen

from koinon_daemon.listen import Listen
from koinon_daemon.server import HttpServer

from ..host.http.plugin_application import make_plugin_application
from ..host.plugin import Framework, Services

_LOOPBACK = "127.0.0.1"


@frozen(kw_only=True)
class Answer:
    """What came back."""

    status: int
    text: str
    content_type: str

    def json(self) -> Any:
        """The text as JSON. Raises ValueError where it is none."""
        return orjson.loads(self.text)


async def ask_plugin(framework: Framework, services: Services, method: str, path: str, json: Any) -> Answer:
    """One request; ``path`` begins below the plugin's name. Raises PluginError for routes that can't be mounted."""
    app = make_plugin_application(framework, services.name, services.metrics, token=None)
    server = HttpServer(app, Listen(host=_LOOPBACK, port=0), grace=0.0)
    address = await server.start()
    body = None if json is None else orjson.dumps(json)
    headers = {} if json is None else {"Content-Type": "application/json"}
    try:
        async with (
            ClientSession(f"http://{address}") as session,
            session.request(
                method, f"/{services.name}{path}", data=body, headers=headers, allow_redirects=False
            ) as reply,
        ):
            return Answer(status=reply.status, text=await reply.text(), content_type=reply.content_type)
    finally:
        await server.stop()
