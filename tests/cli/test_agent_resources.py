"""``koinon agent reserve``, ``create-volume`` and what undoes them, on a real master."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from koinon_cli.errors import ExitCode
from support.operated_cluster import OperatedCluster

Koinon = Callable[..., Any]


def test_resources_are_reserved_and_given_back(run: Koinon) -> None:
    """What is left reserved is shown."""
    reserved = run("agent", "reserve", "fake", "cpus=2,mem=512,ports=[31000-31009,31020-31029]", "--role", "eng")
    rest = run("agent", "unreserve", "fake", "cpus=0.5,ports=[31000-31009,31020-31029]", "--role", "eng")

    assert [["eng", "cpus:2"], ["eng", "mem:512"], ["eng", "ports:[31000-31009, 31020-31029]"]] == reserved.rows
    assert [["eng", "cpus:1.5"], ["eng", "mem:512"]] == rest.rows
    assert "cpus:1.5 mem:512" == run("agent", "show", "fake").facts["reserved for eng"]


def test_volume_lives_on_reserved_disk(run: Koinon) -> None:
    """Made of it, shown with the agent, and deleted again; the disk stays reserved."""
    run("agent", "reserve", "fake", "disk=300", "--role", "db")
    made = run("agent", "create-volume", "fake", "--role", "db", "--id", "data", "--size", "100")
    shown = run("agent", "show", "fake").facts
    gone = run("agent", "destroy-volume", "fake", "data", "--role", "db")

    assert [["db", "disk:200"], ["db", "disk:100, volume data"]] == made.rows
    assert "100 MB" == shown["volume data"]
    assert [["db", "disk:300"]] == gone.rows


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("reserve", "fake", "cpus=64", "--role", "eng"), ExitCode.CONFLICT, "does not contain"),
        (("reserve", "fake", "cpus", "--role", "eng"), ExitCode.USAGE, "'cpus' is not like cpus=2"),
        (("reserve", "fake", "cpus=1", "--role", "*"), ExitCode.REFUSED, "Invalid RESERVE operation"),
        (("unreserve", "fake", "cpus=1", "--role", "eng"), ExitCode.REFUSED, "1 more than there is"),
        (
            ("create-volume", "fake", "--role", "db", "--id", "data", "--size", "100"),
            ExitCode.REFUSED,
            "koinon agent reserve fake disk=100 --role db",
        ),
        (("destroy-volume", "fake", "data", "--role", "db"), ExitCode.NOT_FOUND, "no volume 'data'"),
    ],
)
def test_refusals(run: Koinon, cluster: OperatedCluster, words: tuple[str, ...], code: ExitCode, said: str) -> None:
    """Whoever refuses says why."""
    refused = run("agent", *words)

    assert code == refused.code
    assert said in refused.err
    assert "reserved" not in run("agent", "show", cluster.agent_id).out
