"""Where another daemon is asked that may be at several addresses."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from aiohttp import ClientConnectorError
from aiohttp.client_reqrep import ConnectionKey

from koinon_daemon.errors import ApiError
from koinon_web.http.peer import Peer

NOBODY = ClientConnectorError(ConnectionKey("a", 80, False, True, None, None, None), OSError(111, "refused"))


async def test_of_many_who_ask_a_dead_one_at_once_each_finds_the_next() -> None:
    """A page asks several things at the same time: they give the turn to the next together, not one after the other."""
    peer = Peer(name="Marathon", asked_by="master", find_urls=lambda: ("http://a", "http://b"), why_nowhere="")
    barrier = asyncio.Barrier(2)

    async def ask() -> None:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(peer.first_that_answers())
            await barrier.wait()
            raise NOBODY

    found = await asyncio.gather(ask(), ask(), return_exceptions=True)

    assert [ApiError] * 2 == [type(error) for error in found]
    assert "http://b" == peer.url


async def test_what_is_nowhere_is_said() -> None:
    """404 with the reason that the daemon has for it."""
    peer = Peer(name="Marathon", asked_by="master", find_urls=tuple, why_nowhere="name it")

    with pytest.raises(ApiError, match="name it"):
        async with peer.first_that_answers():
            pass
