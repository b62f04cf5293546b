"""A plugin's routes under test, asked over a real socket while virtual time stands still."""

from __future__ import annotations

import pytest
from aiohttp import web

from koinon_core.frameworks import FrameworkInfo
from koinon_frameworks import Framework, FrameworkPlugin, NoOptions, Scheduler, Services
from koinon_frameworks.errors import PluginError
from koinon_frameworks.testing import FakeMaster


class Echo(FrameworkPlugin[NoOptions]):
    """Says what it hears."""

    async def start(self, options: NoOptions, services: Services) -> Framework:
        async def echo(request: web.Request) -> web.Response:
            return web.json_response({"heard": await request.json()}, status=201)

        info = FrameworkInfo(user="root", name="echo")
        return Framework(info=info, scheduler=Scheduler(), routes=[web.post("/echo", echo)], page="<p>hello")


class Misrouted(Echo):
    """Mounts what can't be mounted."""

    async def start(self, options: NoOptions, services: Services) -> Framework:
        async def hear(_: web.Request) -> web.Response:
            return web.Response()

        info = FrameworkInfo(user="root", name="misrouted")
        return Framework(info=info, scheduler=Scheduler(), routes=[web.get("echo", hear)])


def test_routes_and_page_answer_while_the_clock_stands(koinon_master: FakeMaster) -> None:
    """Bodies go to and fro as JSON, the page is HTML, what is not there is 404; and no second of the test passes."""
    running = koinon_master.start_plugin(Echo())
    before = koinon_master.now
    said = koinon_master.ask(running, "POST", "/echo", json={"a": 1})
    page, lost = (koinon_master.ask(running, "GET", path) for path in ("/", "/nowhere"))

    assert (201, {"heard": {"a": 1}}) == (said.status, said.json())
    assert (200, "text/html", "<p>hello") == (page.status, page.content_type, page.text)
    assert 404 == lost.status
    assert koinon_master.now - before < 0.01


def test_routes_that_cannot_be_mounted_are_named(koinon_master: FakeMaster) -> None:
    """As the host names them."""
    running = koinon_master.start_plugin(Misrouted())

    with pytest.raises(PluginError, match="'echo' does not begin with a slash"):
        koinon_master.ask(running, "GET", "/echo")
