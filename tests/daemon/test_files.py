"""Virtual paths: what lies beneath a root is shown, nothing else is, and refusals say why."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientPayloadError
from aiohttp.test_utils import TestClient, TestServer

from koinon_daemon.error_bodies import error_middleware
from koinon_daemon.errors import ApiError
from koinon_daemon.files import MAX_READ_BYTES, AttachedRoots, JoinedRoots, list_files, read_file
from koinon_daemon.files_api import FilesApi
from koinon_daemon.server import make_application

Client = TestClient[Any, Any]


@pytest.fixture
def roots(tmp_path: Path) -> AttachedRoots:
    """A directory as /data, one file of it as /a/log, and one file that is not there yet as /later."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "b").write_bytes(b"one\ntwo\n\xff\n")
    (data / "a").write_text("a")
    (tmp_path / "secret").write_text("secret")
    roots = AttachedRoots()
    roots.attach("/data", data)
    roots.attach("/a/log", data / "b")
    roots.attach("/later", data / "later")
    return roots


@pytest.fixture
async def client(roots: AttachedRoots) -> AsyncIterator[Client]:
    """Calls the endpoints."""
    app = make_application([error_middleware()])
    for path, handler in FilesApi(roots).handlers().items():
        app.router.add_get(path, handler)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_files_are_listed_by_name_under_the_path_that_was_asked_for(roots: AttachedRoots) -> None:
    """Size, mode with the type's bits, owner by name, and the time in nanoseconds."""
    first, second = await list_files(roots, "/data/")

    status = (Path(roots.listing()["/data"]) / "a").stat()
    assert ("/data/a", 1, 1, status.st_mode, status.st_mtime_ns) == (
        first.path, first.nlink, first.size, first.mode, first.mtime
    )  # fmt: skip
    assert ("/data/b", 10) == (second.path, second.size)
    assert [] == await list_files(roots, "/a/log")


async def test_a_name_that_is_no_utf8_does_not_spoil_its_directory(roots: AttachedRoots, tmp_path: Path) -> None:
    """It is shown with a replacement character."""
    (tmp_path / "data" / os.fsdecode(b"c\xff")).touch()

    assert ["/data/a", "/data/b", "/data/c\ufffd"] == [entry.path for entry in await list_files(roots, "/data")]


async def test_reads_are_cut_to_sixteen_pages(roots: AttachedRoots, tmp_path: Path) -> None:
    """However much is asked for; the size is the whole file's."""
    (tmp_path / "data" / "big").write_bytes(b"x" * 100_000)

    whole = await read_file(roots, "/data/big", 0, 10**9)
    rest = await read_file(roots, "/data/big", 99_999)
    beyond = await read_file(roots, "/data/big", 2**64, 10)
    assert (MAX_READ_BYTES, 100_000) == (len(whole.data), whole.size)
    assert (b"x", b"") == (rest.data, beyond.data)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/data/../secret", 404),
        ("/data/link", 404),
        ("/data/none", 404),
        ("/later", 404),
        ("/dat", 404),
        ("/datax/b", 404),
        ("/", 404),
        ("", 404),
        ("data/b", 404),
        ("/a\0", 404),
        ("/a/log/b", 404),
        ("/data", 400),
    ],
)
async def test_what_is_not_beneath_a_root_is_not_there(
    roots: AttachedRoots, tmp_path: Path, path: str, status: int
) -> None:
    """Neither by dots nor by links nor by likeness; and a directory can't be read."""
    (tmp_path / "data" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(ApiError) as caught:
        await read_file(roots, path, 0)

    assert status == caught.value.status


async def test_a_log_that_comes_later_is_shown_from_then_on(roots: AttachedRoots, tmp_path: Path) -> None:
    """A root is a name, not a handle: a file that logrotate moved away and began again is the new one."""
    (tmp_path / "data" / "later").write_text("now")

    assert b"now" == (await read_file(roots, "//later", 0)).data


async def test_joined_roots_answer_for_all(roots: AttachedRoots, tmp_path: Path) -> None:
    """The first that knows a path answers; the listing has everything."""
    other = AttachedRoots()
    other.attach("/other", tmp_path / "secret")
    joined = JoinedRoots((roots, other))

    assert b"secret" == (await read_file(joined, "/other", 0)).data
    assert {"/data", "/a/log", "/later", "/other"} == set(joined.listing())


@pytest.mark.parametrize(
    ("query", "status", "body"),
    [
        ("/files/read?path=/a/log", 200, '{"offset":10,"data":""}'),
        ("/files/read?path=/a/log&offset=-1", 200, '{"offset":10,"data":""}'),
        ("/files/read?path=/a/log&offset=4&length=3", 200, '{"offset":4,"data":"two"}'),
        ("/files/read?path=/a/log&offset=8&jsonp=f", 200, 'f({"offset":8,"data":"�\\n"})'),
        ("/files/read", 400, "Expecting 'path=value' in query.\n"),
        ("/files/read?path=/a/log&offset=x", 400, "Failed to parse offset: Failed to convert 'x' to number.\n"),
        (
            "/files/read?path=/a/log&offset=0&length=q",
            400,
            "Failed to parse length: Failed to convert 'q' to number.\n",
        ),
        ("/files/read?path=/a/log&offset=-5", 400, "Negative offset provided: -5.\n"),
        ("/files/read?path=/a/log&offset=1&length=-7", 400, "Negative length provided: -7.\n"),
        ("/files/read?path=/data", 400, "Cannot read a directory.\n"),
        ("/files/download?path=/data", 400, "Cannot download a directory.\n"),
        ("/files/browse?path=/none", 404, "'/none' is not beneath a path that is shown here.\n"),
    ],
)
async def test_endpoints_answer_in_mesos_words(client: Client, query: str, status: int, body: str) -> None:
    """Status and body, byte for byte."""
    response = await client.get(query)

    assert (status, body) == (response.status, await response.text())


async def test_browse_shows_modes_as_ls_does(client: Client) -> None:
    """Text mode, names of owners, seconds with a fraction."""
    (entry, _) = await (await client.get("/files/browse.json?path=/data")).json()

    assert {"path", "nlink", "size", "mtime", "mode", "uid", "gid"} == set(entry)
    assert ("-rw", float) == (entry["mode"][:3], type(entry["mtime"]))


async def test_a_download_that_is_cut_short_ends_its_connection(client: Client, tmp_path: Path) -> None:
    """Else the next answer on it would be taken for the rest of the file."""
    big = tmp_path / "data" / "big"
    big.write_bytes(b"")
    os.truncate(big, 64 << 20)
    response = await client.get("/files/download?path=/data/big")
    os.truncate(big, 1)

    with pytest.raises(ClientPayloadError):
        await response.read()
    assert 200 == (await client.get("/files/download?path=/data/b")).status


async def test_download_and_debug(client: Client, tmp_path: Path) -> None:
    """The whole file under its own name; virtual to real paths."""
    response = await client.get("/files/download?path=/data/b")
    debug = await (await client.get("/files/debug")).json()

    assert 'attachment; filename="b"' == response.headers["Content-Disposition"]
    assert b"one\ntwo\n\xff\n" == await response.read()
    assert str(tmp_path / "data") == debug["/data"]
