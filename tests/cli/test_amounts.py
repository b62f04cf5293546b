"""How amounts of resources are written on the command line."""

from __future__ import annotations

from typing import Any

import click
import pytest

from koinon_cli.amounts import read_amounts, read_resources, show_nonzero

CONTEXT, OPTION = click.Context(click.Command("set")), click.Option(["--limit"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("none", {}),
        ("cpus=2", {"cpus": {"value": 2.0}}),
        ("cpus=0.5,mem=1024", {"cpus": {"value": 0.5}, "mem": {"value": 1024.0}}),
        ("cpus:2; mem:1024", {"cpus": {"value": 2.0}, "mem": {"value": 1024.0}}),
        ("cpus=0", {"cpus": {"value": 0.0}}),
    ],
)
def test_amounts_are_read(text: str | None, expected: Any) -> None:
    """By commas and equals signs, or as in flags."""
    assert expected == read_amounts(CONTEXT, OPTION, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cpus", "'cpus' is not like cpus=2"),
        ("cpus=", "'cpus=' is not like cpus=2"),
        ("=2", "'=2' is not like cpus=2"),
        ("cpus=1,mem=much", "'mem=much' is not like cpus=2"),
        ("cpus=-1", "'cpus=-1' is negative"),
        ("cpus=1,cpus=2", "cpus is there twice"),
        ("cpus=nan", "'cpus=nan' is not like cpus=2"),
        ("cpus=inf", "'cpus=inf' is not like cpus=2"),
    ],
)
def test_what_is_malformed_is_named(text: str, said: str) -> None:
    """The piece, not the whole."""
    with pytest.raises(click.BadParameter, match=said.replace("=", "[=]")):
        read_amounts(CONTEXT, OPTION, text)


def test_commas_of_ranges_part_no_resources() -> None:
    """Ports may be several ranges."""
    resources = read_resources(CONTEXT, OPTION, "ports=[31000-31009,31020-31029],cpus=1")

    assert ("cpus:1", "ports:[31000-31009, 31020-31029]") == tuple(sorted(map(str, resources)))


@pytest.mark.parametrize("text", ["", "cpus(eng)=1", "ports=[5-", "cpus=abc"])
def test_what_is_no_resource(text: str) -> None:
    """Roles are said by --role."""
    with pytest.raises(click.BadParameter):
        read_resources(CONTEXT, OPTION, text)


def test_what_there_is_none_of_is_left_out() -> None:
    """Ranges are shown as they are."""
    assert "cpus:1.5 ports:[1-2]" == show_nonzero({"cpus": 1.5, "gpus": 0, "ports": "[1-2]"})
