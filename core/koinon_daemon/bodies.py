"""Bodies of requests: bounded in time and size, also once they are unpacked. What they mean is the handler's.

The server does not unpack by itself (`server.py`): a few kilobytes could hold it up for seconds, before any limit.
"""

from __future__ import annotations

import asyncio
import zlib

from aiohttp import hdrs, web

from .errors import ApiError

BODY_SECONDS = 60.0
"""For how long a body may take to come; whoever drips it holds a place among the connections."""
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


async def read_body(request: web.Request, seconds: float = BODY_SECONDS) -> bytes:
    """The whole body, unpacked. Raises ApiError: 400 (broken), 408 (too slow), 413 (too large), 415 (packed otherwise).

    The limit of 413 is the application's, and holds for the bytes that come as well as for what they unpack to.
    """
    encoding = request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower()
    if encoding not in ("", "identity", *_WINDOWS):
        raise ApiError(415, f"Content-Encoding '{encoding}' is not understood. Say {' or '.join(_WINDOWS)}, or nothing")
    try:
        async with asyncio.timeout(seconds):
            body = await request.read()
    except TimeoutError:
        text = f"The body did not come within {seconds:g} seconds"
        raise ApiError(408, text, {hdrs.CONNECTION: "close"}) from None
    except web.RequestPayloadError:
        raise ApiError(400, "The body breaks off, or is not framed as its headers say") from None
    if encoding not in _WINDOWS or not body:
        return body
    return await asyncio.to_thread(_unpack, body, encoding, request.client_max_size)


def _unpack(body: bytes, encoding: str, limit: int) -> bytes:
    unpacker = zlib.decompressobj(_WINDOWS[encoding])
    try:
        unpacked = unpacker.decompress(body, limit + 1)
    except zlib.error:
        raise ApiError(400, f"The body is not {encoding}, as its Content-Encoding says") from None
    if len(unpacked) > limit:
        raise ApiError(413, f"The body unpacks to more than {limit} bytes")
    if not unpacker.eof:
        raise ApiError(400, f"The body breaks off: its {encoding} has no end")
    return unpacked
