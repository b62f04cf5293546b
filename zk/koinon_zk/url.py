"""The address of a quorum, as given to ``--zk`` and ``--master``. Connecting to it belongs to ``quorum``.

``zk://[user:password@]host[:port],.../path`` | ``sqlite:///directory/file.db?path=/path`` (one machine) | ``file:///file``
that holds either (mesos-semantics 1).
"""

import re
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, quote, unquote, urlsplit

import attrs
from attrs import frozen

from .errors import QuorumUrlError

DEFAULT_PORT = 2181
DEFAULT_PATH = "/koinon"
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\s:/\[\]@,]+)(?::(?P<port>[0-9]+))?\Z")


@frozen(kw_only=True)
class QuorumUrl:
    """Where a quorum is. ``path`` is the group's: absolute, without a slash at its end, never the root."""

    scheme: Literal["zk", "sqlite"]
    path: str
    hosts: tuple[str, ...] = ()
    """ZooKeeper's, each ``host:port``."""
    credentials: str | None = attrs.field(default=None, repr=False)
    """``user:password`` for ZooKeeper's digest scheme."""
    file: Path | None = None
    """SQLite's database."""

    @classmethod
    def parse(cls, text: str) -> "QuorumUrl":
        """Read an address; follows one ``file://``. Raises QuorumUrlError that says what is wrong."""
        text = text.strip()
        if text.startswith("file://"):
            text = _read_url_file(text)
        if text.startswith("zk://"):
            return _parse_zk(text)
        if text.startswith("sqlite://"):
            return _parse_sqlite(text)
        raise QuorumUrlError(_blot(text), "it must begin with zk://, sqlite:// or file://")

    def with_path(self, path: str) -> "QuorumUrl":
        """The same quorum, another group. Raises QuorumUrlError for a path that can't be one."""
        return attrs.evolve(self, path=_check_path(str(self), path))

    def of_store(self, path: str) -> "QuorumUrl":
        """The same quorum, a store's path. It must not lie in the group, as pymesos takes any child there for a master.

        Raises QuorumUrlError.
        """
        found = self.with_path(path)
        if f"{found.path}/".startswith(f"{self.path}/"):
            raise QuorumUrlError(found.path, f"a store can't lie beneath the group's path {self.path}")
        return found

    def __str__(self) -> str:
        """The address without the password, fit for logs."""
        if self.scheme == "sqlite":
            return f"sqlite://{quote(str(self.file))}?path={quote(self.path)}"
        user = f"{self.credentials.partition(':')[0]}:***@" if self.credentials else ""
        return f"zk://{user}{','.join(self.hosts)}{self.path}"


def _blot(text: str) -> str:
    return re.sub(r"//[^/]*@", "//***@", text)


def _read_url_file(text: str) -> str:
    path = Path(text.removeprefix("file://"))
    try:
        content = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise QuorumUrlError(text, f"the file can't be read: {error}") from error
    if content.startswith("file://"):
        raise QuorumUrlError(text, "the file names another file")
    return content


def _parse_zk(text: str) -> QuorumUrl:
    authority, slash, path = text.removeprefix("zk://").partition("/")
    credentials, at, hosts = authority.rpartition("@")
    if at and not all(credentials.partition(":")[::2]):
        raise QuorumUrlError(_blot(text), "credentials must be user:password")
    return QuorumUrl(
        scheme="zk",
        path=_check_path(_blot(text), slash + path),
        hosts=tuple(_check_host(text, host.strip()) for host in hosts.split(",")),
        credentials=credentials or None,
    )


def _check_host(text: str, host: str) -> str:
    if not host:
        raise QuorumUrlError(_blot(text), "a host is missing")
    found = _HOST.match(host)
    if found is None:
        raise QuorumUrlError(_blot(text), f"{host!r} is not host:port")
    port = int(found["port"] or DEFAULT_PORT)
    if not 0 < port < 65536:
        raise QuorumUrlError(_blot(text), f"port {port} is not between 1 and 65535")
    return f"{found['host']}:{port}"


def _parse_sqlite(text: str) -> QuorumUrl:
    parts = urlsplit(text)
    query = parse_qs(parts.query, keep_blank_values=True)
    if parts.netloc or not parts.path.strip("/"):
        raise QuorumUrlError(text, "it must name a file by its absolute path, as in sqlite:///var/lib/koinon/state.db")
    unknown = sorted(set(query) - {"path"})
    if unknown or len(query.get("path", [])) > 1:
        raise QuorumUrlError(text, f"the one parameter is path, not {', '.join(unknown) or 'several'}")
    path = query.get("path", [DEFAULT_PATH])[0]
    return QuorumUrl(scheme="sqlite", path=_check_path(text, path), file=Path(unquote(parts.path)))


def _check_path(text: str, path: str) -> str:
    path = path.rstrip("/")
    if not path:
        raise QuorumUrlError(text, "the path must not be empty or /")
    segments = path.split("/")[1:]
    if not path.startswith("/") or not all(segments):
        raise QuorumUrlError(text, f"path {path!r} must be absolute and without empty segments")
    if any(segment in (".", "..") or "\0" in segment for segment in segments):
        raise QuorumUrlError(text, f"path {path!r} has a segment that ZooKeeper refuses")
    return path
