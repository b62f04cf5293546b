"""What goes to a StatsD server, datagram by datagram."""

import asyncio

from koinon_marathon.metrics.statsd import DATAGRAM_BYTES, format_lines, pack, send_for_ever


def test_lines_say_what_they_are() -> None:
    """Gauges as they stand, counters by what was added; nothing where nothing was."""
    lines = list(format_lines({"m.a": 2.5, "m.b": -1}, {"m.c": 3, "m.d": 0}))

    assert ["m.a:2.5|g", "m.b:0|g", "m.b:-1|g", "m.c:3|c"] == lines


def test_datagrams_are_not_cut_up() -> None:
    """Whole lines, as many as fit, and all of them."""
    lines = [f"marathon.metric.{number}:1|c" for number in range(200)]
    datagrams = list(pack(lines))

    assert max(map(len, datagrams)) <= DATAGRAM_BYTES
    assert "\n".join(lines).encode() == b"\n".join(datagrams)
    assert len(datagrams) == 4


async def test_a_server_is_told_again_and_again() -> None:
    """Over real sockets: a counter that grew by two says so once, and the gauge each time."""
    received: asyncio.Queue[bytes] = asyncio.Queue()

    class Server(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            received.put_nowait(data)

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Server, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    sending = asyncio.create_task(send_for_ever("127.0.0.1", port, 0.001, lambda: ({"g": 1}, {"c": 2})))
    async with asyncio.timeout(5):
        first, second = await received.get(), await received.get()
    sending.cancel()
    transport.close()

    assert (b"g:1|g\nc:2|c", b"g:1|g") == (first, second)


async def test_a_name_that_can_be_no_hosts_ends_nothing() -> None:
    """It is tried again and again, as one that nobody has."""
    tried: asyncio.Queue[None] = asyncio.Queue()

    def read() -> tuple[dict[str, float], dict[str, float]]:
        tried.put_nowait(None)
        return {}, {}

    sending = asyncio.create_task(send_for_ever("no..host", 8125, 0.001, read))
    async with asyncio.timeout(5):
        await tried.get()
        await tried.get()

    assert not sending.done()
    sending.cancel()
