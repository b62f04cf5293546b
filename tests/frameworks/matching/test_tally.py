"""Counting where tasks run, as constraints ask."""

from koinon_core.attributes import parse_attributes
from koinon_frameworks.matching import Placement, Tally


def test_counts_what_was_added_since_it_was_asked_last() -> None:
    """Each field by itself, the value seen first first; a place without the field counts for nothing."""
    tally = Tally([Placement(hostname="b", zone="z1"), Placement(hostname="a", attributes=parse_attributes("rack:r1"))])
    first = dict(tally.counts("hostname"))
    tally.append(Placement(hostname="a", zone="z2"))

    assert {"b": 1, "a": 1} == first
    assert [("b", 1), ("a", 2)] == list(tally.counts("hostname").items())
    assert {"z1": 1, "z2": 1} == tally.counts("@zone")
    assert {"r1": 1} == tally.counts("rack")
