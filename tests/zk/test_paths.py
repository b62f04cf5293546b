"""The names of candidates and records."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from koinon_zk.paths import (
    candidate_name,
    chunk_name,
    directory_path,
    find_key_problem,
    key_digest,
    pick_sequences,
    record_path,
    split_children,
)

SEGMENTS = st.text(st.sampled_from("aZ9._-~%=+ \\é€😀\x01\x7f"), min_size=1, max_size=6)
KEYS = st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join)


def test_candidates_are_told_by_label_and_ten_digits() -> None:
    """Siblings with other labels or other tails are not candidates; the rest are sorted."""
    names = [
        "json.info_0000000012",
        "log_replicas",
        "info_0000000001",
        "json.info_0000000003",
        "json.info_x",
        "json.info_12",
    ]

    assert [3, 12] == pick_sequences(names, "json.info_")
    assert [1] == pick_sequences(names, "info_")
    assert "json.info_0000000003" == candidate_name("json.info_", 3)


def test_record_and_directory_of_one_name_stand_beside_each_other() -> None:
    """A key may be a record and the beginning of others."""
    assert "/s/records/apps/web=" == record_path("/s", "apps/web")
    assert "/s/records/apps/web" == directory_path("/s", "apps/web")
    assert "/s/records" == directory_path("/s", "")


@given(KEYS)
def test_key_comes_back_from_its_znode(key: str) -> None:
    """A znode's name tells the key, and ZooKeeper can take it: ASCII, no dot alone."""
    path = record_path("/s", key)
    directory, _, name = key.rpartition("/")
    segments = path.removesuffix("=").split("/")

    assert path.isascii()
    assert not {".", "..", ""} & set(segments[1:])
    assert ([key], []) == split_children(directory, [path.rpartition("/")[2]])
    assert ([], [key]) == split_children(directory, [directory_path("/s", key).rpartition("/")[2]])
    assert find_key_problem(name) is None


def test_chunks_bear_the_digest_of_their_key() -> None:
    """What is left over can be told by its record."""
    assert chunk_name("a", "5e", 3) == f"{key_digest('a')}.5e.0003"
    assert key_digest("a") != key_digest("b")
