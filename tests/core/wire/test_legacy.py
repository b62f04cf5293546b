"""The legacy shapes of resources and attributes."""

from koinon_core.attributes import parse_attributes
from koinon_core.resources_text import parse_resources
from koinon_core.wire.legacy import show_attributes, show_resources


def test_resources_are_sums_by_name() -> None:
    """Reserved and free add up; the four usual names are there even when there is nothing of them."""
    resources = parse_resources("cpus:1;cpus(web):2.5;ports:[31000-31001,31003-31003];tags:{b,a}")

    expected = {"cpus": 3.5, "gpus": 0, "mem": 0, "disk": 0, "ports": "[31000-31001, 31003-31003]", "tags": "{a, b}"}
    assert expected == show_resources(resources)


def test_attributes_are_numbers_or_text() -> None:
    """As `/slaves` shows them."""
    assert {"rack": "r1", "level": 2.0, "tags": "{a, b}"} == show_attributes(
        parse_attributes("rack:r1;level:2;tags:{b,a}")
    )
