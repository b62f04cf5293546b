"""Outgoing HTTP calls over one shared session: a deadline for each, retries with backoff where allowed."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Self

import attrs
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, TCPConnector

from koinon_core.backoff import Backoff
from koinon_core.errors import describe_error

from .errors import CallFailedError, CallTimedOutError

_BACKOFF = Backoff(initial=0.1, maximum=5.0, factor=2.0, jitter=0.5)
_UNAVAILABLE = frozenset({502, 503, 504})


@attrs.frozen(kw_only=True)
class Retry:
    """How often to try, how long to wait between, and which statuses count as no answer."""

    attempts: int = 3
    backoff: Backoff = _BACKOFF
    statuses: frozenset[int] = _UNAVAILABLE


@attrs.frozen(kw_only=True)
class Call:
    """One request. `deadline` is in seconds and covers all attempts; without `retry` there is one."""

    method: str
    url: str
    body: bytes | AsyncIterator[bytes] | None = None
    """Whole, or as it comes; the latter can't be tried again."""
    headers: Mapping[str, str] = attrs.field(factory=dict)
    deadline: float = 10.0
    retry: Retry | None = None
    follows_redirects: bool = False


@attrs.frozen(kw_only=True)
class Reply:
    """A whole answer, whatever its status. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient:
    """`async with HttpClient(rng) as client: reply = await client.call(Call(method="GET", url=...))`."""

    def __init__(self, rng: random.Random | None = None, connections: int = 100) -> None:
        self._rng = rng or random.Random()
        self._connections = connections
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = TCPConnector(limit=self._connections)
        self._session = ClientSession(connector=connector, timeout=ClientTimeout(total=None))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def session(self) -> ClientSession:
        """The shared session, without a timeout of its own. Raises RuntimeError outside the `async with`."""
        if self._session is None:
            raise RuntimeError("the client is used outside its async with block")
        return self._session

    async def call(self, call: Call) -> Reply:
        """The answer. Raises CallTimedOutError past the deadline, CallFailedError when no attempt got an answer.

        A status that is retried is returned as it is once the attempts are used up.
        """
        try:
            async with asyncio.timeout(call.deadline):
                return await self._attempt_all(call)
        except TimeoutError as error:
            raise CallTimedOutError(call.method, call.url, call.deadline) from error

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[ClientResponse]:
        """The response as soon as its headers are here, for reading without end; the deadline covers the headers."""
        try:
            async with asyncio.timeout(call.deadline):
                response = await self._request(call)
        except TimeoutError as error:
            raise CallTimedOutError(call.method, call.url, call.deadline) from error
        except (ClientError, OSError) as error:
            raise CallFailedError(call.method, call.url, describe_error(error)) from error
        try:
            yield response
        finally:
            response.close()

    async def _attempt_all(self, call: Call) -> Reply:
        retry = call.retry or Retry(attempts=1)
        attempt = 0
        while True:
            is_last = attempt + 1 >= retry.attempts
            try:
                reply = await self._attempt(call)
                if is_last or reply.status not in retry.statuses:
                    return reply
            except (ClientError, OSError) as error:
                if is_last:
                    raise CallFailedError(call.method, call.url, describe_error(error)) from error
            await asyncio.sleep(retry.backoff.delay(attempt, self._rng))
            attempt += 1

    async def _attempt(self, call: Call) -> Reply:
        async with await self._request(call) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Reply(status=response.status, headers=headers, body=await response.read())

    async def _request(self, call: Call) -> ClientResponse:
        return await self.session.request(
            call.method, call.url, data=call.body, headers=call.headers, allow_redirects=call.follows_redirects
        )
