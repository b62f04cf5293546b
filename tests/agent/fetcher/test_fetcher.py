"""Filling sandboxes from a server, from files and from the cache."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from attrs import define, evolve, field

from koinon_agent.containerizer import Launch, Workload
from koinon_agent.fetcher.addresses import PUBLIC_ALONE, parse_networks
from koinon_agent.fetcher.errors import CacheUnusable, FetchFailed
from koinon_agent.fetcher.fetcher import Fetcher
from koinon_agent.fetcher.options import FetchOptions
from koinon_core.containers import CommandInfo, CommandUri
from koinon_core.ids import AgentId, ContainerId, ExecutorId, FrameworkId, TaskId

DATA = b"data" * 100_000


@define
class Source:
    """A server with files of many tempers. ``asked`` counts requests by path."""

    port: int = 0
    asked: Counter[str] = field(factory=Counter)
    has_begun: asyncio.Event = field(factory=asyncio.Event)
    gate: asyncio.Event = field(factory=asyncio.Event)

    def url(self, path: str) -> str:
        """Where a file is."""
        return f"http://127.0.0.1:{self.port}/{path}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """By the first part of the path."""
        self.asked[request.path] += 1
        match request.path.split("/")[1]:
            case "moved":
                raise web.HTTPFound(request.query["to"])
            case "round":
                raise web.HTTPFound("/round")
            case "encoded":
                return web.Response(body=gzip.compress(DATA), headers={"Content-Encoding": "gzip"})
            case "silent" | "gated" | "endless" | "broken" as temper:
                return await self._drag(request, temper)
            case "data":
                return web.Response(body=DATA)
        raise web.HTTPNotFound

    async def _drag(self, request: web.Request, temper: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "99"} if temper == "broken" else {})
        await response.prepare(request)
        await response.write(b"first")
        self.has_begun.set()
        if temper in ("silent", "gated"):
            await self.gate.wait()
        while temper == "endless":
            await response.write(DATA)
        return response


@pytest.fixture
async def source() -> AsyncIterator[Source]:
    """The server."""
    source = Source()
    application = web.Application()
    application.router.add_get("/{path:.*}", source.answer)
    async with TestServer(application) as server:
        source.port = server.port or 0
        yield source
        source.gate.set()


@pytest.fixture
def options(tmp_path: Path) -> FetchOptions:
    """What may be fetched: from loopback, and from one directory."""
    (tmp_path / "allowed").mkdir()
    return FetchOptions(
        cache_dir=tmp_path / "cache",
        cache_size=1_000_000,
        max_size=2_000_000,
        stall_timeout=0.2,
        timeout=5.0,
        allowed_roots=(tmp_path / "allowed",),
        networks=parse_networks("loopback"),
    )


Make = Callable[[FetchOptions], Awaitable[Fetcher]]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    """Fetchers that are closed in the end."""
    made: list[Fetcher] = []

    async def open_(options: FetchOptions) -> Fetcher:
        fetcher = Fetcher(options)
        made.append(fetcher)
        await fetcher.open()
        return fetcher

    yield open_
    for fetcher in made:
        fetcher.close()


def launch_into(sandbox: Path, *uris: CommandUri, user: str | None = None) -> Launch:
    """A container that wants these; its sandbox is made."""
    sandbox.mkdir(parents=True)
    (sandbox / "stderr").touch()
    return Launch(
        container_id=ContainerId("c1"),
        framework_id=FrameworkId("f"),
        agent_id=AgentId("a"),
        executor_id=ExecutorId("t"),
        task_id=TaskId("t"),
        workload=Workload(command=CommandInfo(value="true", uris=uris)),
        sandbox=sandbox,
        environment={},
        user=user,
    )


async def refuse(fetcher: Fetcher, sandbox: Path, uri: str, **fields: Any) -> str:
    """Why a URI is not fetched; the sandbox's stderr says the same."""
    with pytest.raises(FetchFailed) as caught:
        await fetcher.fetch(launch_into(sandbox, CommandUri(value=uri, **fields)))
    reason = str(caught.value).removeprefix("Failed to fetch all URIs for container 'c1': ")
    assert f"Failed to fetch {reason}\n" in (sandbox / "stderr").read_text()
    return reason


async def test_files_come_with_name_mode_and_owner(
    source: Source, options: FetchOptions, make: Make, tmp_path: Path
) -> None:
    """Straight, packed, renamed, executable; the sandbox's stderr tells each."""
    digest = hashlib.sha256(DATA).hexdigest()
    (tmp_path / "allowed" / "words.gz").write_bytes(gzip.compress(b"words"))
    launch = launch_into(
        tmp_path / "s",
        CommandUri(value=source.url(f"data/one?x=1#sha256={digest}")),
        CommandUri(value=source.url("data/two"), executable=True, output_file="bin/tool"),
        CommandUri(value=f"file://{tmp_path}/allowed/words.gz"),
        CommandUri(value=source.url("moved/it?to=/data/three"), output_file="moved"),
        CommandUri(value=source.url("encoded/four")),
        user="nobody" if os.geteuid() == 0 else None,
    )
    fetcher = await make(options)
    await fetcher.fetch(launch)
    sandbox = launch.sandbox

    assert {DATA} == {(sandbox / name).read_bytes() for name in ("one", "bin/tool", "moved")}
    assert b"words" == (sandbox / "words").read_bytes()
    assert gzip.compress(DATA)[10:] == (sandbox / "four").read_bytes()[10:]
    assert (0o755, 0o644) == tuple((sandbox / name).stat().st_mode & 0o777 for name in ("bin/tool", "one"))
    assert {launch.user or (sandbox / "stderr").owner()} == {
        (sandbox / name).owner() for name in ("one", "bin", "words")
    }
    assert 5 == (sandbox / "stderr").read_text().count("Fetched ")
    assert (1, 0) == (fetcher.succeeded, fetcher.failed)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("nothing", "its server answered 404 Not Found"),
        ("round", "it redirects more than 10 times"),
        ("moved/x?to=file:///etc/passwd", "neither http nor https"),
        ("moved/x?to=http://169.254.169.254/latest/meta-data", "169.254.169.254 is link-local"),
        ("moved/x?to=http://[::ffff:a9fe:a9fe]/", "169.254.169.254 is link-local"),
        ("silent", "was silent for the 0.2 s of --fetcher_stall_timeout (5 bytes came before)"),
        ("broken/x", "the download broke"),
        ("endless/x", "larger than the 2000000 bytes of --fetcher_max_size"),
        ("data/x#sha256=" + "0" * 64, "0" * 64 + " was promised"),
        ("data/x.tar.gz", "it is no whole tar.gz file"),
    ],
)
async def test_what_goes_wrong_is_told(
    source: Source, options: FetchOptions, make: Make, tmp_path: Path, path: str, expected: str
) -> None:
    """With the URI before it, in the error and in the sandbox."""
    fetcher = await make(options)
    uri = source.url(path)
    reason = await refuse(fetcher, tmp_path / "s", uri)

    assert reason.startswith(f"{uri!r}: ")
    assert expected in reason
    assert (0, 1) == (fetcher.succeeded, fetcher.failed)


async def test_announced_size_is_refused_before_it_comes(
    source: Source, options: FetchOptions, make: Make, tmp_path: Path
) -> None:
    """Nothing is written of what is too large."""
    fetcher = await make(evolve(options, max_size=1000))

    assert "--fetcher_max_size" in await refuse(fetcher, tmp_path / "s", source.url("data/x"))
    assert 0 == (tmp_path / "s" / "x").stat().st_size


async def test_total_time_is_bounded(source: Source, options: FetchOptions, make: Make, tmp_path: Path) -> None:
    """However lively the server is."""
    fetcher = await make(evolve(options, timeout=0.1, max_size=10**12))

    assert "0.1 s of --fetcher_timeout" in await refuse(fetcher, tmp_path / "s", source.url("silent"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_private_addresses_are_refused_however_they_are_written(
    source: Source, options: FetchOptions, make: Make, tmp_path: Path, host: str
) -> None:
    """By the address that a name resolves to; nothing reaches the server."""
    fetcher = await make(evolve(options, networks=PUBLIC_ALONE))
    reason = await refuse(fetcher, tmp_path / "s", f"http://{host}:{source.port}/data/x")

    assert "is loopback, and this agent does not fetch from there" in reason
    assert "--fetcher_allowed_networks=loopback" in reason
    assert not source.asked


async def test_files_come_from_allowed_directories_alone(options: FetchOptions, make: Make, tmp_path: Path) -> None:
    """Neither by dots nor by links, and a pipe or a directory is no file."""
    fetcher = await make(options)
    allowed = tmp_path / "allowed"
    (tmp_path / "secret").write_text("secret")
    (allowed / "link").symlink_to("../secret")
    os.mkfifo(allowed / "pipe")

    assert "--fetcher_allowed_roots" in await refuse(fetcher, tmp_path / "s0", f"{tmp_path}/secret")
    assert "--fetcher_allowed_roots" in await refuse(fetcher, tmp_path / "s1", "/etc/passwd")
    for number, path in enumerate(("../secret", "link", "pipe", "missing", ".."), 2):
        reason = await refuse(fetcher, tmp_path / f"s{number}", f"{allowed}/{path}", output_file="x")
        assert f"there is no such file beneath {allowed}" in reason


async def test_one_download_serves_all_who_want_it_at_once(
    source: Source, options: FetchOptions, make: Make, tmp_path: Path
) -> None:
    """And those who come later; another user has his own."""
    fetcher = await make(evolve(options, stall_timeout=5.0))
    uri = CommandUri(value=source.url("gated/x"), cache=True)
    fetches = [asyncio.create_task(fetcher.fetch(launch_into(tmp_path / f"s{n}", uri))) for n in range(5)]
    await source.has_begun.wait()
    fetches[0].cancel()
    source.gate.set()
    outcomes = await asyncio.gather(*fetches, return_exceptions=True)
    await fetcher.fetch(launch_into(tmp_path / "later", uri))

    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert [None] * 4 == outcomes[1:]
    assert {b"first"} == {(tmp_path / name / "x").read_bytes() for name in ("s1", "s4", "later")}
    assert {"/gated/x": 1} == source.asked
    assert 5 == fetcher.cache_used

    if os.geteuid() == 0:
        await fetcher.fetch(launch_into(tmp_path / "other", uri, user="nobody"))

        assert 2 == source.asked["/gated/x"]


async def test_cache_keeps_what_was_used_last(
    source: Source, options: FetchOptions, make: Make, tmp_path: Path
) -> None:
    """Within its limit; a file larger than all of it is used and not kept; what an operator deletes is fetched anew."""
    fetcher = await make(options)
    for number, name in enumerate(("a", "b", "a", "c", "a", "b")):
        await fetcher.fetch(
            launch_into(tmp_path / f"s{number}", CommandUri(value=source.url(f"data/{name}"), cache=True))
        )

    assert {"/data/a": 1, "/data/b": 2, "/data/c": 1} == source.asked
    assert 2 * len(DATA) == fetcher.cache_used
    assert 2 == len(list((tmp_path / "cache" / "cached").iterdir()))

    for file in (tmp_path / "cache" / "cached").iterdir():
        file.unlink()
    await fetcher.fetch(launch_into(tmp_path / "again", CommandUri(value=source.url("data/a"), cache=True)))

    assert 2 == source.asked["/data/a"]

    tiny = await make(evolve(options, cache_dir=tmp_path / "tiny", cache_size=10))
    await tiny.fetch(launch_into(tmp_path / "t", CommandUri(value=source.url("data/a"), cache=True)))

    assert (0, []) == (tiny.cache_used, list((tmp_path / "tiny" / "cached").iterdir()))


async def test_failed_download_is_not_kept(source: Source, options: FetchOptions, make: Make, tmp_path: Path) -> None:
    """The next one asks again, and nothing half-written lies about."""
    fetcher = await make(options)
    for number in range(2):
        await refuse(fetcher, tmp_path / f"s{number}", source.url("broken/x"), cache=True)

    assert {"/broken/x": 2} == source.asked
    assert (0, []) == (fetcher.cache_used, list((tmp_path / "cache" / "cached").iterdir()))


@pytest.mark.parametrize("is_cached", [True, False])
async def test_fetch_is_given_up_at_once(
    source: Source, options: FetchOptions, make: Make, tmp_path: Path, is_cached: bool
) -> None:
    """However long it would have taken; the download ends with the last who wants it."""
    fetcher = await make(evolve(options, stall_timeout=60.0))
    uri = CommandUri(value=source.url("silent"), cache=is_cached)
    fetch = asyncio.create_task(fetcher.fetch(launch_into(tmp_path / "s", uri)))
    await source.has_begun.wait()
    fetch.cancel()
    async with asyncio.timeout(2):
        with pytest.raises(asyncio.CancelledError):
            await fetch

    assert (0, []) == (fetcher.cache_used, list((tmp_path / "cache" / "cached").iterdir()))


async def test_cache_comes_back_once_its_disk_does(
    source: Source, options: FetchOptions, make: Make, tmp_path: Path
) -> None:
    """A fetch that found no place to write to fails, and does not fail those after it."""
    fetcher, cached = await make(options), tmp_path / "cache" / "cached"
    cached.rmdir()
    cached.touch()
    reason = await refuse(fetcher, tmp_path / "one", source.url("data/a"), cache=True)
    cached.unlink()
    await fetcher.fetch(launch_into(tmp_path / "two", CommandUri(value=source.url("data/a"), cache=True)))

    assert reason.endswith("File exists")
    assert DATA == (tmp_path / "two" / "a").read_bytes()


async def test_a_start_sweeps_the_cache_and_nothing_else(options: FetchOptions, make: Make, tmp_path: Path) -> None:
    """What an earlier life left half-written is never used; a directory that another agent uses is refused."""
    left = tmp_path / "cache" / "cached" / "1.part"
    left.parent.mkdir(parents=True)
    left.touch()
    (tmp_path / "cache" / "mine").touch()
    await make(options)

    assert {"cached", "lock", "mine"} == set(os.listdir(tmp_path / "cache"))
    assert not left.exists()
    with pytest.raises(CacheUnusable, match="another agent uses it"):
        await make(options)
