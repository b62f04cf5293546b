"""Tables of the other daemon: its own stream, read on behalf of one reader of ours and passed on frame by frame.

It is read with the reader's own credentials. Where it breaks, the reader is told, and it is tried again from the same
place for as long as the reader stays.
"""

from __future__ import annotations

import random
from asyncio import sleep
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from urllib.parse import quote

from aiohttp import ClientError, ClientResponse, ClientTimeout, hdrs, web
from attrs import evolve

from koinon_core.backoff import Backoff
from koinon_core.errors import describe_error
from koinon_daemon.client import HttpClient
from koinon_daemon.errors import ApiError

from ..feed import FrameSplitter, Wanted, frame_out, read_place
from .peer import RELAYED, Peer, headers_for, refusal_of

Write = Callable[[bytes], Awaitable[None]]
_SILENCE = 15.0
"""Seconds without a word after which the other is gone: it beats every five."""
_MOST_FRAME = 256 * 1024 * 1024
_BACKOFF = Backoff(initial=0.5, maximum=10.0, jitter=0.3)
_REFUSED_PAUSE = 30.0
"""Seconds until somebody who may not read is asked for again."""
_MOST_TEXT = 2000


class OtherStream:
    """Reads the stream of a peer."""

    def __init__(self, client: HttpClient, peer: Peer) -> None:
        self._client = client
        self._peer = peer
        self._rng = random.Random()

    async def pass_on(self, request: web.Request, wanted: list[Wanted], write: Write) -> None:
        """Hand tables on for ever. Raises ReaderLeft."""
        places = {one.name: one for one in wanted}
        if RELAYED in request.headers:
            # Whoever asks for our tables on behalf of another must not be led on to a third: that could be himself.
            await write(frame_out(places, "a relayed stream has the tables of its own daemon only"))
            return
        failures = 0
        told = ""
        while True:
            pause = None
            try:
                # Closed at once where the reader leaves while it is written to: so is the connection to the other.
                async with aclosing(self._frames(request, places)) as frames:
                    async for frame in frames:
                        failures, told = 0, ""
                        await write(frame)
            except ApiError as error:
                why, pause = error.text, _REFUSED_PAUSE if error.status in (401, 403) else None
            except (ClientError, TimeoutError, ValueError, OSError) as error:
                why = self._peer.says(f"its stream broke: {describe_error(error)}")
            else:
                why = self._peer.says("its stream ended")
            if why != told:
                await write(frame_out(places, why))
                told = why
            await sleep(_BACKOFF.delay(failures, self._rng) if pause is None else pause)
            failures += 1

    async def _frames(self, request: web.Request, places: dict[str, Wanted]) -> AsyncGenerator[bytes, None]:
        """What is to be handed on; `places` is moved along. Raises ApiError for a refusal, or what aiohttp raises."""
        headers = headers_for(request, self._peer, "text/event-stream") | {hdrs.ACCEPT_ENCODING: "identity"}
        timeout = ClientTimeout(sock_connect=5.0, sock_read=_SILENCE)
        splitter = FrameSplitter(_MOST_FRAME)
        async with self._peer.first_that_answers() as url:
            asked = f"{url}/ui/api/stream?tables={quote(','.join(str(one) for one in places.values()), safe='')}"
            async with self._client.session.get(
                asked, headers=headers, allow_redirects=False, timeout=timeout, ssl=self._peer.tls or True
            ) as reply:
                if reply.status != 200 or reply.content_type != "text/event-stream":
                    raise await self._refusal(reply)
                async for data in reply.content.iter_any():
                    for frame in splitter.feed(data):
                        place = read_place(frame)
                        if place is not None and place[0] in places:
                            places[place[0]] = evolve(places[place[0]], position=place[1])
                        if place is not None or frame.startswith(b"event: out\n"):
                            yield frame

    async def _refusal(self, reply: ClientResponse) -> ApiError:
        said = (await reply.content.read(_MOST_TEXT)).decode(errors="replace")
        return refusal_of(self._peer, reply.status, said)
