"""Unpacking archives, good ones and such as nobody would make by accident."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from koinon_agent.fetcher.entries import MIB, Limits
from koinon_agent.fetcher.errors import ExtractionRefused, FetchStopped
from koinon_agent.fetcher.extraction import Extraction
from koinon_agent.fetcher.plan import Archive
from koinon_agent.sandboxes.placement import Placement

LIMITS = Limits(max_bytes=64 * MIB)
Unpack = Callable[..., None]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where to unpack, with something outside."""
    (tmp_path / "root").mkdir()
    (tmp_path / "outside").write_text("untouched")
    return tmp_path / "root"


@pytest.fixture
def unpack(root: Path, tmp_path: Path) -> Iterator[Unpack]:
    """Unpacks bytes as an archive of a kind."""
    with Placement(root) as placement:

        def run(data: bytes, kind: Archive, limits: Limits = LIMITS, *, is_stopped: bool = False) -> None:
            file = tmp_path / "archive"
            file.write_bytes(data)
            with file.open("rb") as archive:
                Extraction(placement, limits, lambda: is_stopped).run(archive, kind, "data.txt.gz")

        yield run


def tar_of(*members: tuple[str, bytes | None, dict[str, object]]) -> bytes:
    """A tar file of names, contents and other fields."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data, fields in members:
            info = tarfile.TarInfo(name)
            info.size = len(data or b"")
            for key, value in fields.items():
                setattr(info, key, value)
            tar.addfile(info, io.BytesIO(data or b""))
    return buffer.getvalue()


def zip_of(*members: tuple[str, bytes, int]) -> bytes:
    """A zip file of names, contents and modes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data, mode in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(info, data)
    return buffer.getvalue()


GOOD_TAR = tar_of(
    ("./", None, {"type": tarfile.DIRTYPE, "mode": 0o755}),
    ("bin/", None, {"type": tarfile.DIRTYPE, "mode": 0o755}),
    ("bin/tool", b"#!/bin/sh\n", {"mode": 0o4755}),
    ("bin/alias", None, {"type": tarfile.SYMTYPE, "linkname": "../bin/tool"}),
    ("same", None, {"type": tarfile.LNKTYPE, "linkname": "bin/tool"}),
    ("deep/er/file", b"x" * 3_000_000, {"mode": 0o600}),
)


@pytest.mark.parametrize(
    ("kind", "pack"),
    [
        (Archive.TAR, bytes),
        (Archive.TAR_GZ, gzip.compress),
        (Archive.TAR_BZ2, bz2.compress),
        (Archive.TAR_XZ, lambda data: lzma.compress(data[:5000]) + lzma.compress(data[5000:])),
    ],
)
def test_tar_comes_out_as_it_went_in(root: Path, unpack: Unpack, kind: Archive, pack: Callable[[bytes], bytes]) -> None:
    """Files, modes without the set-user bit, and links of both sorts; packed streams may follow one another."""
    unpack(pack(GOOD_TAR), kind)

    assert b"x" * 3_000_000 == (root / "deep/er/file").read_bytes()
    assert (0o755, 0o600) == tuple(stat.S_IMODE((root / name).stat().st_mode) for name in ("bin/tool", "deep/er/file"))
    assert "../bin/tool" == os.readlink(root / "bin/alias")
    assert (root / "same").samefile(root / "bin/tool")


def test_zip_comes_out_as_it_went_in(root: Path, unpack: Unpack) -> None:
    """Modes and symbolic links are kept."""
    unpack(
        zip_of(("d/", b"", 0), ("d/tool", b"go", 0o100755), ("plain", b"", 0o640), ("link", b"d/tool", 0o120777)),
        Archive.ZIP,
    )

    assert b"go" == (root / "link").read_bytes()
    assert (0o755, 0o640) == tuple(stat.S_IMODE((root / name).stat().st_mode) for name in ("d/tool", "plain"))


def test_gz_loses_its_ending(root: Path, unpack: Unpack) -> None:
    """A single packed file becomes a file beside it."""
    unpack(gzip.compress(b"words"), Archive.GZ)

    assert b"words" == (root / "data.txt").read_bytes()


SYMLINK = {"type": tarfile.SYMTYPE}


@pytest.mark.parametrize(
    ("data", "kind", "entry"),
    [
        (zip_of(("../evil", b"x", 0)), Archive.ZIP, "../evil"),
        (zip_of(("/etc/evil", b"x", 0)), Archive.ZIP, "/etc/evil"),
        (zip_of(("link", b"../outside", 0o120777)), Archive.ZIP, "link"),
        (zip_of(("null", b"", stat.S_IFCHR | 0o666)), Archive.ZIP, "null"),
        (tar_of(("../evil", b"x", {})), Archive.TAR, "../evil"),
        (tar_of(("/etc/evil", b"x", {})), Archive.TAR, "/etc/evil"),
        (tar_of(("out", None, {**SYMLINK, "linkname": ".."}), ("out/evil", b"x", {})), Archive.TAR, "out"),
        (tar_of(("in", None, {**SYMLINK, "linkname": "."}), ("in/evil", b"x", {})), Archive.TAR, "in/evil"),
        (
            tar_of(("a", None, {**SYMLINK, "linkname": "."}), ("b", None, {**SYMLINK, "linkname": "a/.."})),
            Archive.TAR,
            "b",
        ),
        (tar_of(("hard", None, {"type": tarfile.LNKTYPE, "linkname": "../outside"})), Archive.TAR, "hard"),
        (tar_of(("null", None, {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3})), Archive.TAR, "null"),
        (tar_of(("pipe", None, {"type": tarfile.FIFOTYPE})), Archive.TAR, "pipe"),
    ],
)
def test_what_leads_out_is_refused_by_name(root: Path, unpack: Unpack, data: bytes, kind: Archive, entry: str) -> None:
    """Upward and absolute names, links out and around, devices and pipes; outside nothing changes."""
    with pytest.raises(ExtractionRefused, match=f"entry '{entry}'"):
        unpack(data, kind)

    assert {"root", "outside", "archive"} == set(os.listdir(root.parent))
    assert "untouched" == (root.parent / "outside").read_text()
    assert not any(path.is_symlink() for path in root.rglob("*"))


def test_a_second_archive_does_not_reach_through_the_first_ones_links(root: Path, unpack: Unpack) -> None:
    """Links that lie there already are no way either."""
    (root / "out").symlink_to("..")
    with pytest.raises(ExtractionRefused, match="'out/evil' leads through 'out'"):
        unpack(tar_of(("out/evil", b"x", {})), Archive.TAR)

    assert not (root.parent / "evil").exists()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"no archive at all" * 100, Archive.TAR),
        (b"", Archive.TAR),
        (b"no archive at all", Archive.ZIP),
        (b"no archive at all", Archive.TAR_GZ),
        (b"no archive at all", Archive.TAR_BZ2),
        (b"no archive at all", Archive.TAR_XZ),
        (b"no archive at all", Archive.GZ),
        (gzip.compress(GOOD_TAR)[:-100], Archive.TAR_GZ),
        (lzma.compress(GOOD_TAR)[:-100], Archive.TAR_XZ),
        (bz2.compress(GOOD_TAR)[:-10], Archive.TAR_BZ2),
        (GOOD_TAR[:-2_000_000], Archive.TAR),
        (zip_of(("a", b"x" * 5000, 0))[:-10], Archive.ZIP),
    ],
)
def test_what_is_broken_is_told(unpack: Unpack, data: bytes, kind: Archive) -> None:
    """Whatever the library says of it becomes one kind of error."""
    with pytest.raises(ExtractionRefused, match="it is no whole"):
        unpack(data, kind)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (gzip.compress(b"\0" * 20 * MIB), Archive.GZ),
        (gzip.compress(tar_of(("zeros", b"\0" * 20 * MIB, {}))), Archive.TAR_GZ),
        (zip_of(("zeros", b"\0" * 20 * MIB, 0)), Archive.ZIP),
    ],
)
def test_bombs_are_stopped(root: Path, unpack: Unpack, data: bytes, kind: Archive) -> None:
    """By the size they come to, and by how much larger that is than they are."""
    with pytest.raises(ExtractionRefused, match="250 times its size"):
        unpack(data, kind, Limits(max_bytes=64 * MIB, grace_bytes=2 * MIB))
    with pytest.raises(ExtractionRefused, match="--fetcher_max_size"):
        unpack(data, kind, Limits(max_bytes=2 * MIB))

    assert sum(path.stat().st_size for path in root.iterdir()) < 20 * MIB


def test_headers_are_not_read_without_bound(unpack: Unpack) -> None:
    """A name of many megabytes would lie in memory whole, in tar and in zip."""
    long_name = tar_of(("n" * 5 * MIB, b"", {}))
    with pytest.raises(ExtractionRefused, match="described by more than"):
        unpack(gzip.compress(long_name), Archive.TAR_GZ)

    directory = zip_of(*((f"{number}" + "n" * 60_000, b"", 0) for number in range(300)))
    with pytest.raises(ExtractionRefused, match="described by more than"):
        unpack(directory, Archive.ZIP)


def test_encrypted_entries_are_named(unpack: Unpack) -> None:
    """Nobody has told a password."""
    data = bytearray(zip_of(("secret", b"x", 0)))
    data[data.index(b"PK\1\2") + 8] |= 1
    with pytest.raises(ExtractionRefused, match="entry 'secret' is encrypted"):
        unpack(bytes(data), Archive.ZIP)


def test_it_stops_when_told(unpack: Unpack) -> None:
    """At the next entry or the next piece of one."""
    with pytest.raises(FetchStopped):
        unpack(GOOD_TAR, Archive.TAR, is_stopped=True)
    with pytest.raises(FetchStopped):
        unpack(gzip.compress(b"words"), Archive.GZ, is_stopped=True)
