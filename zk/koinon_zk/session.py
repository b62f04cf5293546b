"""kazoo's threads turned into asyncio: one ZooKeeper session after the other, its states, its requests.

The only file that knows kazoo, but for ``attempts``. It reconnects for ever, with backoff. What a state means for a
candidate or a store belongs to those.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from functools import partial
from typing import Any, TypeVar

import structlog
from attrs import frozen
from kazoo.client import KazooState
from kazoo.exceptions import (
    AuthFailedError,
    BadVersionError,
    ConnectionLoss,
    KazooException,
    NoAuthError,
    NodeExistsError,
    NoNodeError,
    OperationTimeoutError,
    RolledBackError,
    RuntimeInconsistency,
    SessionExpiredError,
    WriterNotClosedException,
)
from kazoo.protocol.states import EventType, KeeperState
from kazoo.security import CREATOR_ALL_ACL, OPEN_ACL_UNSAFE, READ_ACL_UNSAFE

from .attempts import make_client
from .bulk_reads import AT_ONCE, BulkRead, Data, Failed, knows_bulk_reads
from .errors import Missing, OtherVersion, Present, QuorumRefused, QuorumUnavailable, ZnodeFailure
from .url import QuorumUrl

_RECONNECT = {"max_tries": -1, "delay": 0.1, "max_delay": 2.0}
_T = TypeVar("_T")
_logger = structlog.get_logger(__name__)


class SessionState(Enum):
    """Of the connection, and the session behind it."""

    CONNECTED = "connected"
    SUSPENDED = "suspended"
    LOST = "lost"
    """No session: none yet, or the last one expired."""


@frozen
class Create:
    """Create a znode."""

    path: str
    data: bytes


@frozen
class SetData:
    """Replace a znode's data; ``version`` -1 for any."""

    path: str
    data: bytes
    version: int


@frozen
class Remove:
    """Delete a znode; ``version`` -1 for any."""

    path: str
    version: int


@frozen
class Check:
    """Require a znode at that version."""

    path: str
    version: int


Change = Create | SetData | Remove | Check


@frozen
class Refused:
    """A transaction that changed nothing: the change at ``index`` failed."""

    index: int
    failure: ZnodeFailure


_FAILURES: dict[type[KazooException], type[Missing | Present | OtherVersion]] = {
    NoNodeError: Missing,
    NodeExistsError: Present,
    BadVersionError: OtherVersion,
}
_LOSSES = (ConnectionLoss, SessionExpiredError, OperationTimeoutError)


class Session:
    """A client of one ensemble. Requests fail with QuorumUnavailable as soon as the connection is known to be gone."""

    def __init__(self, url: QuorumUrl, timeout: float) -> None:
        """``timeout`` is the session's, in seconds; the ensemble may bound it."""
        self.timeout = timeout
        self.state = SessionState.LOST
        self.session_id: int | None = None
        self._url = url
        self._loop = asyncio.get_running_loop()
        self._listeners: list[Callable[[SessionState], None]] = []
        self._pending: set[asyncio.Future[Any]] = set()
        self._closed = False
        self._reads_in_bulk: bool | None = None
        """Whether the server that we are connected to can; None: it was not asked yet."""
        auth = [("digest", url.credentials)] if url.credentials else None
        self._client = make_client(
            timeout, hosts=",".join(url.hosts), connection_retry=dict(_RECONNECT), auth_data=auth
        )
        self._client.add_listener(self._hear)

    async def start(self) -> None:
        """Begin to connect; returns at once."""
        await asyncio.to_thread(self._client.start_async)

    async def close(self) -> None:
        """End the session, so that its ephemeral znodes go at once."""
        if self._closed:
            return
        self._closed = True
        try:
            await asyncio.to_thread(self._stop)
        finally:
            self._enter(SessionState.LOST, None)

    def _stop(self) -> None:
        try:
            self._client.stop()
            self._client.close()
        except WriterNotClosedException:
            _logger.warning("zookeeper_session_not_closed", url=str(self._url))

    @contextmanager
    def listening(self, listener: Callable[[SessionState], None]) -> Iterator[None]:
        """Have each change of state told, in the event loop, for as long as the context lasts."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def _hear(self, state: str) -> None:
        """In kazoo's thread."""
        client_id = self._client.client_id
        session_id = client_id[0] if client_id else None
        if self._client.client_state == KeeperState.AUTH_FAILED:
            _logger.error("zookeeper_credentials_refused", url=str(self._url))
        named = {KazooState.CONNECTED: SessionState.CONNECTED, KazooState.SUSPENDED: SessionState.SUSPENDED}
        self._tell(lambda: self._enter(named.get(state, SessionState.LOST), session_id))

    def _tell(self, callback: Callable[[], None]) -> None:
        """From kazoo's threads into the loop; once the loop has ended nobody is left to be told."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback)

    def _enter(self, state: SessionState, session_id: int | None) -> None:
        self.state = state
        if state is SessionState.CONNECTED:
            self.session_id = session_id
        else:
            self._reads_in_bulk = None
            for future in list(self._pending):
                if not future.done():
                    future.set_exception(QuorumUnavailable("the connection was lost"))
        for listener in list(self._listeners):
            listener(state)

    async def _request(self, path: str, start: Callable[[], Any]) -> Any:
        if self._closed or self.state is not SessionState.CONNECTED:
            raise QuorumUnavailable("there is no connection")
        future: asyncio.Future[Any] = self._loop.create_future()
        self._pending.add(future)
        start().rawlink(lambda result: self._tell(lambda: _settle(future, result)))
        try:
            return await future
        except _LOSSES as error:
            raise QuorumUnavailable(type(error).__name__) from error
        except (NoAuthError, AuthFailedError) as error:
            raise QuorumRefused(path, "the credentials don't allow it") from error
        except tuple(_FAILURES) as error:
            raise _FAILURES[type(error)](path) from error
        finally:
            self._pending.discard(future)

    def _access(self, world_reads: bool) -> list[Any]:
        if not self._url.credentials:
            return list(OPEN_ACL_UNSAFE)
        return [*CREATOR_ALL_ACL, *(READ_ACL_UNSAFE if world_reads else [])]

    async def ensure(self, path: str, *, world_reads: bool = True) -> None:
        """Make a persistent znode and its parents, unless they are there."""
        acl = self._access(world_reads)
        await self._request(path, lambda: self._client.ensure_path_async(path, acl=acl))

    async def create_candidate(self, prefix: str, data: bytes) -> str:
        """Create an ephemeral, sequential znode and return its path."""
        acl = self._access(world_reads=True)
        created = await self._request(
            prefix, lambda: self._client.create_async(prefix, data, acl=acl, ephemeral=True, sequence=True)
        )
        return str(created)

    async def delete(self, path: str) -> None:
        """Delete a znode of any version; content when there is none."""
        try:
            await self._request(path, lambda: self._client.delete_async(path))
        except Missing:
            return

    async def children(self, path: str, on_change: Callable[[], None] | None = None) -> list[str]:
        """Names of the children. ``on_change`` is called once, in the loop, when they change. Raises Missing."""

        def watch(event: Any) -> None:
            if event.type != EventType.NONE:  # that one says what the state says already
                self._tell(on_change or (lambda: None))

        watch_or_not = None if on_change is None else watch
        names = await self._request(path, lambda: self._client.get_children_async(path, watch=watch_or_not))
        return list(names)

    async def read(self, path: str) -> tuple[bytes, int]:
        """Data and version. Raises Missing."""
        data, stat = await self._request(path, lambda: self._client.get_async(path))
        return bytes(data), int(stat.version)

    async def read_many(self, paths: Sequence[str]) -> list[Data | None]:
        """Data and version of each, at no common moment; None: there is no such znode."""
        if await self._can_read_in_bulk():
            return await self._read_in_bulk(paths, BulkRead.data)
        return await asyncio.gather(*(_or_none(self.read(path)) for path in paths))

    async def children_of_many(self, paths: Sequence[str]) -> list[list[str] | None]:
        """Names of the children of each, at no common moment; None: there is no such znode."""
        if await self._can_read_in_bulk():
            return await self._read_in_bulk(paths, BulkRead.children)
        return await asyncio.gather(*(_or_none(self.children(path)) for path in paths))

    async def _read_in_bulk(self, paths: Sequence[str], make: Callable[[Sequence[str]], BulkRead]) -> list[Any]:
        requests = [make(paths[start : start + AT_ONCE]) for start in range(0, len(paths), AT_ONCE)]
        # Side by side: one after the other each would wait for the acknowledgement of the one before.
        found = await asyncio.gather(*(self._request(each.paths[0], partial(self._send, each)) for each in requests))
        answers: list[Any] = [answer for part in found for answer in part]
        failed = next((number for number, answer in enumerate(answers) if isinstance(answer, Failed)), None)
        if failed is not None:
            raise QuorumRefused(paths[failed], f"the server answers with error {answers[failed].code}")
        return answers

    def _send(self, request: BulkRead) -> Any:
        """Queue a request that kazoo has no method for: its own methods do no more than this."""
        result = self._client.handler.async_result()
        self._client._call(request, result)
        return result

    async def _can_read_in_bulk(self) -> bool:
        if self._reads_in_bulk is None:
            try:
                answer = await asyncio.to_thread(self._client.command, b"srvr")
            except (KazooException, OSError, AttributeError):
                return False  # no connection any more, or a server that does not say what it is
            self._reads_in_bulk = knows_bulk_reads(answer)
        return self._reads_in_bulk

    async def owner(self, path: str) -> int | None:
        """The session that an ephemeral znode belongs to; None when there is no such znode."""
        stat = await self._request(path, lambda: self._client.exists_async(path))
        return None if stat is None else int(stat.ephemeralOwner)

    async def version(self, path: str) -> int | None:
        """A znode's version; None when there is no such znode."""
        stat = await self._request(path, lambda: self._client.exists_async(path))
        return None if stat is None else int(stat.version)

    async def transact(self, changes: Sequence[Change]) -> list[int] | Refused:
        """All or none. The version of each znode that was created or set (0 for the others), or what failed."""
        transaction = self._client.transaction()
        acl = self._access(world_reads=False)
        for change in changes:
            match change:
                case Create(path, data):
                    transaction.create(path, data, acl=acl)
                case SetData(path, data, version):
                    transaction.set_data(path, data, version)
                case Remove(path, version):
                    transaction.delete(path, version)
                case Check(path, version):
                    transaction.check(path, version)
        results = await self._request(changes[0].path, transaction.commit_async)
        for index, result in enumerate(results):
            if isinstance(result, Exception) and not isinstance(result, RolledBackError | RuntimeInconsistency):
                return Refused(index, _name_failure(changes[index].path, result))
        return [int(getattr(result, "version", 0)) for result in results]


async def _or_none(reading: Awaitable[_T]) -> _T | None:
    try:
        return await reading
    except Missing:
        return None


def _name_failure(path: str, error: Exception) -> ZnodeFailure:
    failure = _FAILURES.get(type(error)) if isinstance(error, KazooException) else None
    if failure is None:
        why = "the credentials don't allow it" if isinstance(error, NoAuthError) else type(error).__name__
        raise QuorumRefused(path, why)
    return failure(path)


def _settle(future: asyncio.Future[Any], result: Any) -> None:
    if future.done():
        return
    if result.successful():
        future.set_result(result.value)
    else:
        future.set_exception(result.exception)
