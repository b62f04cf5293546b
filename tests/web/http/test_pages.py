"""The page and its assets over HTTP."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from yarl import URL

from koinon_daemon.error_bodies import error_middleware
from koinon_daemon.listen import Listen
from koinon_daemon.server import HttpServer, make_application
from koinon_web.http.pages import Pages
from koinon_web.http.security import SECURITY_HEADERS
from support.small_bundle import write_bundle

PAGE = b"<p>the page</p>" * 100
SCRIPT = b"run();" * 300


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[ClientSession]:
    """A server of what lies in ``tmp_path`` at that moment, and a client that unpacks and follows nothing."""
    app = make_application([error_middleware()])
    app.add_routes(Pages(tmp_path).routes())
    app.router.add_get("/ui/api/known/{rest:.*}", _answer_known)
    server = HttpServer(app, Listen(host="127.0.0.1", port=0))
    address = await server.start()
    async with ClientSession(f"http://{address}", auto_decompress=False) as session:
        yield session
    await server.stop()


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """The folder, with a bundle in it; ask for it ahead of ``site``."""
    write_bundle(tmp_path, {"main-1.js": SCRIPT}, PAGE)
    return tmp_path


async def _answer_known(_: web.Request) -> web.Response:
    return web.Response(text="known")


async def test_every_screen_is_the_page(dist: Path, site: ClientSession) -> None:
    """A reload on any screen finds the page; it is to be asked for again each time, by its tag."""
    for path in ("/ui/", "/ui/apps/shop/web?tab=logs", "/ui/agents/x.js", "/ui/..%2fetc"):
        async with site.get(URL(path, encoded=True), headers={"Accept-Encoding": "identity"}) as reply:
            assert (200, "text/html", "no-cache") == (
                reply.status,
                reply.content_type,
                reply.headers["Cache-Control"],
            )
            assert await reply.read() == PAGE


async def test_assets_are_kept_for_ever(dist: Path, site: ClientSession) -> None:
    """An asset's name holds its hash: browsers and what stands between need not ask again."""
    async with site.get("/ui/assets/main-1.js", headers={"Accept-Encoding": "identity"}) as reply:
        assert (200, "text/javascript") == (reply.status, reply.content_type)
        assert "public, max-age=31536000, immutable" == reply.headers["Cache-Control"]
        assert await reply.read() == SCRIPT


async def test_who_takes_gzip_gets_it(dist: Path, site: ClientSession) -> None:
    """The file that was packed at the build goes out, unless it is refused; caches are told of the difference."""
    async with site.get("/ui/assets/main-1.js", headers={"Accept-Encoding": "br, gzip"}) as packed:
        body = await packed.read()
    async with site.get("/ui/assets/main-1.js", headers={"Accept-Encoding": "gzip;q=0"}) as plain:
        length = len(await plain.read())

    assert ("gzip", "Accept-Encoding") == (packed.headers["Content-Encoding"], packed.headers["Vary"])
    assert gzip.decompress(body) == SCRIPT
    assert (len(SCRIPT), "Accept-Encoding") == (length, plain.headers["Vary"])


async def test_head_says_what_get_would(dist: Path, site: ClientSession) -> None:
    """The same headers, and no body."""
    async with site.head("/ui/", headers={"Accept-Encoding": "identity"}) as reply:
        assert (200, str(len(PAGE)), b"") == (reply.status, reply.headers["Content-Length"], await reply.read())


async def test_known_content_is_not_sent_again(dist: Path, site: ClientSession) -> None:
    """Whoever names the tag, among others or as any, gets 304; another tag and nonsense get the page."""
    async with site.get("/ui/") as reply:
        tag = reply.headers["ETag"]
    statuses = []
    for known in (tag, f'"other", {tag}', "*", '"other"', "nonsense"):
        async with site.get("/ui/", headers={"If-None-Match": known}) as reply:
            statuses.append((reply.status, bool(await reply.read())))

    assert [(304, False), (304, False), (304, False), (200, True), (200, True)] == statuses


async def test_ways_home_redirect(dist: Path, site: ClientSession) -> None:
    """The root as Marathon's does, the bare path for good and with its query."""
    found = []
    for path in ("/", "/ui", "/ui?theme=dark"):
        async with site.get(path, allow_redirects=False) as reply:
            found.append((reply.status, reply.headers["Location"]))

    assert [(302, "/ui/"), (308, "/ui/"), (308, "/ui/?theme=dark")] == found


async def test_unknown_assets_and_apis_are_not_the_page(dist: Path, site: ClientSession) -> None:
    """They are 404 that nobody keeps, the API's as JSON; what the API has is reached."""
    for path in ("main-0.js", "", "..%2fmanifest.json", "%2fetc%2fpasswd", "main-1.js.gz"):
        async with site.get(URL(f"/ui/assets/{path}", encoded=True)) as reply:
            assert (404, "no-store") == (reply.status, reply.headers["Cache-Control"]), path
    async with site.post("/ui/api/nothing", data=b"x") as refused:
        assert (404, {"message": "there is no /ui/api/nothing"}) == (refused.status, await refused.json())
    async with site.get("/ui/api/known/thing") as known:
        assert "known" == await known.text()


async def test_pages_can_only_be_read(dist: Path, site: ClientSession) -> None:
    """Other methods are 405 and name those that are allowed."""
    for path in ("/", "/ui", "/ui/", "/ui/apps", "/ui/assets/main-1.js"):
        async with site.post(path) as reply:
            assert (405, "GET, HEAD") == (reply.status, reply.headers["Allow"]), path


async def test_every_answer_bears_the_policy(dist: Path, site: ClientSession) -> None:
    """Page, assets, what is known already and what is refused: nothing runs but what we hand out."""
    for path in ("/ui/", "/ui/assets/main-1.js", "/ui/assets/none.js", "/ui/api/none"):
        async with site.get(path, headers={"If-None-Match": "*"}) as reply:
            assert set(SECURITY_HEADERS.items()) <= set(reply.headers.items()), path
    policy = SECURITY_HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


async def test_checkout_that_nobody_built_says_so(tmp_path: Path, site: ClientSession) -> None:
    """Without a bundle the page is 503 with what to do, and the first bundle that comes is handed out."""
    async with site.get("/ui/") as missing:
        text = await missing.text()
    write_bundle(tmp_path, {}, PAGE)
    async with site.get("/ui/") as built:
        assert 200 == built.status
    write_bundle(tmp_path, {}, b"a later version's")
    async with site.get("/ui/", headers={"Accept-Encoding": "identity"}) as later:
        assert await later.read() == PAGE

    assert 503 == missing.status
    assert "`./dev setup` builds it" in text


async def test_bundles_of_a_watcher_are_followed(tmp_path: Path, site: ClientSession) -> None:
    """While somebody works on the UI, a reload shows the last save."""
    write_bundle(tmp_path, {}, b"first", watched=True)
    async with site.get("/ui/", headers={"Accept-Encoding": "identity"}) as reply:
        first = await reply.read()
    write_bundle(tmp_path, {}, b"second", watched=True)
    async with site.get("/ui/", headers={"Accept-Encoding": "identity"}) as reply:
        second = await reply.read()

    assert (b"first", b"second") == (first, second)
