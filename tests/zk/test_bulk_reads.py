"""Many readings in one request, byte by byte (the real server answers in ``tests/contract`` and ``test_store``)."""

import struct

import pytest

from koinon_zk.bulk_reads import BulkRead, Failed, knows_bulk_reads


def test_a_request_names_each_path_and_ends() -> None:
    """A header and a path a reading, without a watch; a header that says it is the last."""
    get = struct.pack(">i?ii", 4, False, -1, 2)

    assert get + b"/a\0" + get + b"/b\0" + struct.pack(">i?i", -1, True, -1) == BulkRead.data(["/a", "/b"]).serialize()


def test_an_answer_has_a_place_for_each_path() -> None:
    """Data with its version, names of children, a znode that is not there, and one that may not be read."""
    stat = struct.pack(">qqqqiiiqiiq", 1, 2, 3, 4, 7, 0, 0, 0, 3, 0, 9)
    answer = b"head" + b"".join(
        [
            struct.pack(">i?ii", 4, False, 0, 3) + b"abc" + stat,
            struct.pack(">i?ii", 4, False, 0, -1) + stat,
            struct.pack(">i?iii", 8, False, 0, 2, 1) + b"x" + struct.pack(">i", 2) + b"yz",
            struct.pack(">i?ii", -1, False, -101, -101),
            struct.pack(">i?ii", -1, False, -102, -102),
            struct.pack(">i?i", -1, True, -1),
        ]
    )

    assert [(b"abc", 7), (b"", 7), ["x", "yz"], None, Failed(-102)] == BulkRead.deserialize(answer, 4)


@pytest.mark.parametrize(
    ("answer", "knows"),
    [
        ("Zookeeper version: 3.8.0-abc, built on 2022-02-25\nLatency min/avg/max: 0/0/0", True),
        ("Zookeeper version: 3.10.1--1, built on", True),
        ("Zookeeper version: 3.5.9-83df9301aa5c2a5d284a9940177808c01bc35cef, built on", False),
        ("Zookeeper version: 3.4.14-4c25d480e66aadd371de8bd2fd8da255ac140bcf, built on", False),
        ("srvr is not executed because it is not in the whitelist.", False),
    ],
)
def test_only_servers_that_know_the_request_get_it(answer: str, knows: bool) -> None:
    """An older one would end the session; one that does not say how old it is is not asked."""
    assert knows is knows_bulk_reads(answer)
