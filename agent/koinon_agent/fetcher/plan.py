"""The URIs of a command into steps, or the reason why they can't be fetched (mesos-semantics 7.3). Pure.

Owns what a URI means: where from, under which name, unpacked or not, and what it must hash to. Whether the source is
there and may be read is found out when it is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from pathlib import PurePath, PurePosixPath
from urllib.parse import urlsplit

from attrs import frozen

from koinon_core.containers import CommandUri

MAX_NAME_BYTES = 255
REMOTE = ("http", "https")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HASH_DIGITS = {"sha256": 64, "sha512": 128}
_HASH = re.compile(r"#(sha256|sha512)=([^#]*)\Z")
_HEX = re.compile(r"[0-9a-f]+\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Archive(Enum):
    """How a file is unpacked, told from its name."""

    TAR = "tar"
    TAR_GZ = "tar.gz"
    TAR_BZ2 = "tar.bz2"
    TAR_XZ = "tar.xz"
    ZIP = "zip"
    GZ = "gz"


_SUFFIXES = {
    ".tar": Archive.TAR,
    ".tar.gz": Archive.TAR_GZ,
    ".tgz": Archive.TAR_GZ,
    ".tar.bz2": Archive.TAR_BZ2,
    ".tbz2": Archive.TAR_BZ2,
    ".tar.xz": Archive.TAR_XZ,
    ".txz": Archive.TAR_XZ,
    ".zip": Archive.ZIP,
    ".gz": Archive.GZ,
}
"""A longer suffix stands before the one that it ends with."""


@frozen
class Checksum:
    """What a file must hash to: ``sha256`` or ``sha512``, and the digits in lower case."""

    algorithm: str
    digest: str


@frozen(kw_only=True)
class Step:
    """One URI to fetch.

    ``shown`` is the URI without the password that may be in it. ``source`` is a URL, or an absolute path where
    ``is_local``. ``target`` is beneath the sandbox. ``archive`` is None where nothing is unpacked.
    """

    shown: str
    key: str
    source: str
    is_local: bool
    target: PurePosixPath
    archive: Archive | None = None
    is_executable: bool = False
    is_cached: bool = False
    checksum: Checksum | None = None


@frozen
class Problem:
    """Why a URI can't be fetched."""

    reason: str


def plan_fetch(uris: Iterable[CommandUri], frameworks_home: PurePath | None) -> tuple[Step, ...] | Problem:
    """The steps in the order of the URIs, or what is wrong with the first that is no good."""
    steps = []
    for uri in uris:
        step = _plan(uri, frameworks_home)
        if isinstance(step, Problem):
            return Problem(f"{hide_password(uri.value)!r}: {step.reason}")
        steps.append(step)
    return tuple(steps)


def find_archive(name: str) -> Archive | None:
    """How a file of that name is unpacked; None for one that isn't."""
    return next((kind for suffix, kind in _SUFFIXES.items() if name.endswith(suffix)), None)


def hide_password(uri: str) -> str:
    """The URI as it may be logged: without what stands before the ``@`` of its host."""
    return re.sub(r"(://)[^/?#]*@", r"\1***@", uri)


def _plan(uri: CommandUri, frameworks_home: PurePath | None) -> Step | Problem:
    value, checksum = _split_checksum(uri.value)
    if isinstance(checksum, Problem):
        return checksum
    source = _find_source(value, frameworks_home)
    if isinstance(source, Problem):
        return source
    is_local = source.startswith("/")
    name = uri.output_file or (source if is_local else urlsplit(source).path).rpartition("/")[2]
    problem = find_target_problem(name, "output_file" if uri.output_file else "its last part")
    if problem is not None:
        return Problem(problem)
    target = PurePosixPath(name)
    return Step(
        shown=hide_password(uri.value),
        key=uri.value,
        source=source,
        is_local=is_local,
        target=target,
        archive=find_archive(target.name) if uri.extract and not uri.executable else None,
        is_executable=bool(uri.executable),
        is_cached=bool(uri.cache),
        checksum=checksum,
    )


def _split_checksum(value: str) -> tuple[str, Checksum | Problem | None]:
    found = _HASH.search(value)
    if found is None:
        return value, None
    algorithm, digest = found[1], found[2].lower()
    if len(digest) != _HASH_DIGITS[algorithm] or not _HEX.match(digest):
        return value, Problem(f"its {algorithm} must have {_HASH_DIGITS[algorithm]} hexadecimal digits")
    return value[: found.start()], Checksum(algorithm, digest)


def _find_source(value: str, frameworks_home: PurePath | None) -> str | Problem:
    """The URL or the absolute path that a URI means."""
    if _CONTROL.search(value):
        return Problem("it holds a control character")
    scheme = _SCHEME.match(value)
    if scheme is None:
        return _find_path(value, frameworks_home)
    name = scheme[1].lower()
    if name in REMOTE:
        return _find_url_problem(value) or value.partition("#")[0]
    if name != "file":
        return Problem(f"{name} is not fetched by this agent, only http, https, file and plain paths are")
    path = value[scheme.end() :].removeprefix("localhost")
    return path if path.startswith("/") else Problem("a file URI must hold an absolute path, as in file:///path")


def _find_path(value: str, frameworks_home: PurePath | None) -> str | Problem:
    if value.startswith("/"):
        return value
    if not value:
        return Problem("it is empty")
    if frameworks_home is None:
        return Problem("a relative path needs --frameworks_home, which is not set on this agent")
    return str(frameworks_home / value)


def _find_url_problem(value: str) -> Problem | None:
    try:
        parts = urlsplit(value)
        has_port = parts.port is None or parts.port > 0
    except ValueError as error:
        return Problem(f"it is no URL: {error}")
    if not parts.hostname:
        return Problem("it names no host")
    return None if has_port else Problem("its port is none")


def find_target_problem(name: str, what: str) -> str | None:
    """Why a file can't lie under this name beneath the sandbox, or None; ``what`` is where the name is from."""
    parts = name.split("/")
    if not parts[-1] or parts[-1] == ".":
        return f"{what} ({name!r}) names no file: set output_file"
    if name.startswith("/") or ".." in parts:
        return f"{what} ({name!r}) leads out of the sandbox"
    if _CONTROL.search(name):
        return f"{what} ({name!r}) holds a control character"
    if any(len(part.encode(errors="surrogatepass")) > MAX_NAME_BYTES for part in parts):
        return f"{what} ({name[:40]!r}...) is longer than {MAX_NAME_BYTES} bytes"
    return None
