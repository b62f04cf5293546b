"""The page and its assets over HTTP, the same on master and Marathon, whether they lead or not.

Whatever is below `/ui/` and is neither an asset nor `/ui/api/` is one of the page's own screens: it gets the page.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from aiohttp import hdrs, web

from koinon_daemon.compression import is_gzip_accepted
from koinon_daemon.errors import ApiError

from ..assets import DIST, Asset, Bundle, read_bundle
from ..errors import BundleMissing
from ..paths import API, ASSETS, HOME
from .security import SECURITY_HEADERS

_READING = (hdrs.METH_GET, hdrs.METH_HEAD)
_FOR_EVER = "public, max-age=31536000, immutable"
"""An asset's name holds its hash."""
_ASK_AGAIN = "no-cache"


class Pages:
    """Hands out one bundle: that which was there when the daemon started, since page and API belong together."""

    def __init__(self, folder: Path = DIST) -> None:
        self._folder = folder
        self._bundle: Bundle | None = None
        # Where there is none, each request looks again, and tells why.
        with suppress(BundleMissing):
            self._bundle = read_bundle(folder)

    def routes(self) -> list[web.RouteDef]:
        """`/`, `/ui` and all below it that nobody else has a longer route for."""
        return [
            web.route("*", "/", self._go_home),
            web.route("*", "/ui", self._add_slash),
            web.route("*", ASSETS + "{name:.*}", self._show_asset),
            web.route("*", API, self._refuse_api),
            web.route("*", API + "/{path:.*}", self._refuse_api),
            web.route("*", HOME + "{screen:.*}", self._show_page),
        ]

    async def _go_home(self, request: web.Request) -> web.Response:
        _require_reading(request)
        return web.Response(status=302, headers={"Location": HOME})

    async def _add_slash(self, request: web.Request) -> web.Response:
        _require_reading(request)
        query = request.rel_url.raw_query_string
        return web.Response(status=308, headers={"Location": f"{HOME}?{query}" if query else HOME})

    async def _refuse_api(self, request: web.Request) -> web.Response:
        return web.json_response({"message": f"there is no {request.path}"}, status=404, headers=_headers("no-store"))

    async def _show_page(self, request: web.Request) -> web.Response:
        _require_reading(request)
        try:
            page = self._current().page
        except BundleMissing as missing:
            return web.Response(status=503, text=f"{missing}\n", headers=_headers("no-store"))
        return _answer(request, page, _ASK_AGAIN)

    async def _show_asset(self, request: web.Request) -> web.Response:
        _require_reading(request)
        try:
            asset = self._current().assets.get(request.match_info["name"])
        except BundleMissing:
            asset = None
        if asset is None:
            # A page of another version asks: it must not remember the answer.
            return web.Response(status=404, text="404 Not Found.\n", headers=_headers("no-store"))
        return _answer(request, asset, _FOR_EVER)

    def _current(self) -> Bundle:
        """Raises BundleMissing."""
        if self._bundle is None or self._bundle.watched:
            self._bundle = read_bundle(self._folder)
        return self._bundle


def _require_reading(request: web.Request) -> None:
    if request.method not in _READING:
        raise ApiError(405, f"405 Method Not Allowed: {request.path} can only be read.", {"Allow": ", ".join(_READING)})


def _answer(request: web.Request, asset: Asset, caching: str) -> web.Response:
    headers = _headers(caching)
    headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
    headers[hdrs.ETAG] = f'W/"{asset.tag}"'
    if any(known.value in (asset.tag, "*") for known in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    body = asset.plain
    if is_gzip_accepted(request.headers.get(hdrs.ACCEPT_ENCODING, "")):
        body = asset.gzipped
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    return web.Response(body=body, headers=headers, content_type=asset.media_type, charset="utf-8")


def _headers(caching: str) -> dict[str, str]:
    return {**SECURITY_HEADERS, hdrs.CACHE_CONTROL: caching}
