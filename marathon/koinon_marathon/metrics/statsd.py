"""Sends the metrics to a StatsD server over UDP: `--metrics_statsd`. What is lost on the way is lost."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping

import structlog

DATAGRAM_BYTES = 1400
"""What an Ethernet carries without cutting it up."""
_logger = structlog.get_logger(__name__)


def format_lines(gauges: Mapping[str, float], counters: Mapping[str, float]) -> Iterator[str]:
    """A line a number. A counter is what was added since the last time."""
    for name, value in sorted(gauges.items()):
        if value < 0:
            yield f"{name}:0|g"  # a sign would mean a change
        yield f"{name}:{value:g}|g"
    for name, value in sorted(counters.items()):
        if value:
            yield f"{name}:{value:g}|c"


def pack(lines: Iterable[str]) -> Iterator[bytes]:
    """The lines in as few datagrams as they fit."""
    packed = b""
    for line in lines:
        encoded = line.encode()
        if packed and len(packed) + 1 + len(encoded) > DATAGRAM_BYTES:
            yield packed
            packed = b""
        packed = packed + b"\n" + encoded if packed else encoded
    if packed:
        yield packed


async def send_for_ever(
    host: str, port: int, interval: float, read: Callable[[], tuple[Mapping[str, float], Mapping[str, float]]]
) -> None:
    """Send what `read` gives, gauges and counters, every so many seconds; a name that is not found is tried again."""
    sent: dict[str, float] = {}
    while True:
        await asyncio.sleep(interval)
        gauges, counters = read()
        added = {name: count - sent.get(name, 0) for name, count in counters.items()}
        try:
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(host, port))
            for datagram in pack(format_lines(gauges, added)):
                transport.sendto(datagram)
            transport.close()
            sent = dict(counters)
        except (OSError, UnicodeError) as error:  # the latter for what can't be the name of a host
            _logger.warning("statsd_unreachable", host=host, port=port, error=str(error))
