"""How long kazoo waits for one server that does not answer: for a part of the session's life only.

A server that is just starting may take a connection and never greet it, and a machine without power answers no
packet. kazoo waits for either as long as the session lasts, and then the session is over: its leader has lost the
election, though it could have been back in time. What is asked over a connection that stands is no concern of ours.
"""

from typing import Any

from kazoo.client import KazooClient
from kazoo.handlers.threading import SequentialThreadingHandler
from kazoo.protocol.connection import ConnectionHandler

_PART = 3
"""So many servers can be tried in vain while a session lives."""
_LEAST = 1.0
"""Seconds that the busiest server is given: one that is never waited for long enough never has a client."""


def patience(session_timeout: float) -> float:
    """Seconds that one server is waited for, before the next one is tried or the same one again."""
    return max(session_timeout / _PART, _LEAST)


class _Connecting(SequentialThreadingHandler):  # type: ignore[misc]  # kazoo has no types
    """Sockets that are connected soon or not at all."""

    def __init__(self, longest: float) -> None:
        super().__init__()
        self._longest = longest

    def create_connection(self, *args: Any, timeout: float, **options: Any) -> Any:
        return super().create_connection(*args, timeout=min(timeout, self._longest), **options)


class _Greeting(ConnectionHandler):  # type: ignore[misc]
    """Asks for the session, and says who it is, at the beginning of each connection."""

    def __init__(self, client: KazooClient, longest: float) -> None:
        super().__init__(client, client._conn_retry.copy(), logger=client.logger)
        self._longest = longest

    def _invoke(self, timeout: float, request: Any, xid: int | None = None) -> Any:
        return super()._invoke(min(timeout, self._longest), request, xid)


def make_client(session_timeout: float, **options: Any) -> KazooClient:
    """A client as kazoo makes it, with attempts that are brief. ``options`` are kazoo's."""
    longest = patience(session_timeout)
    client = KazooClient(timeout=session_timeout, handler=_Connecting(longest), **options)
    client._connection = _Greeting(client, longest)
    return client
