"""`/v2/plugins`: which plugins there are, and the requests that are theirs (marathon-v2-api 10)."""

import asyncio

from aiohttp import web

from koinon_daemon.bodies import read_body

from ..plugins.conf import Hook
from ..plugins.interface import Action, Kind, PluginResponse, Resource
from ..plugins.loading import Plugin, Plugins
from .answers import Refused, json_answer, not_found
from .gate import make_plugin_request, make_response, note_failure
from .requests import route
from .service import Service

ANSWER_TIMEOUT = 60.0
"""Seconds that a handler may take."""
_METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")


class PluginsResource:
    """The list, and one door for each HTTP handler."""

    def __init__(self, service: Service, plugins: Plugins) -> None:
        self._service = service
        self._plugins = plugins
        self._handlers = {plugin.entry.id: plugin for plugin in plugins.of(Hook.HTTP_HANDLER)}

    def routes(self) -> list[web.RouteDef]:
        """The list before what is the plugins' own."""
        own = "/v2/plugins/{plugin_id:[^/]+}"
        return [
            route("GET", "/v2/plugins", self.show),
            *(web.route(method, own + tail, self.hand_over) for method in _METHODS for tail in ("", "/{rest:.*}")),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """Every plugin that is loaded, without its configuration."""
        self._service.check(request, Action.VIEW, Resource(Kind.PLUGINS))
        return json_answer({"plugins": [plugin.entry.shown() for plugin in self._plugins.loaded]})

    async def hand_over(self, request: web.Request) -> web.Response:
        """Let a plugin answer. What it raises is a 500 that names it."""
        plugin_id = request.match_info["plugin_id"]
        plugin = self._handlers.get(plugin_id)
        if plugin is None:
            not_found(f"No plugin with this pluginId: {plugin_id}")
        action = Action.VIEW if request.method in ("GET", "HEAD") else Action.UPDATE
        self._service.check(request, action, Resource(Kind.PLUGINS, plugin_id))
        asked = make_plugin_request(request, request.match_info.get("rest", ""), await read_body(request))
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                found: PluginResponse = await plugin.made.handle(asked)
            return make_response(found)
        except Exception as error:
            note_failure(plugin, error)
            raise _failed(plugin) from error


def _failed(plugin: Plugin) -> Refused:
    message = f"Plugin '{plugin.entry.id}' failed: the log has more"
    return Refused(500, message, {}, {"message": message})
