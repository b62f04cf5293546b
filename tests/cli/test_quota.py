"""``koinon quota``: guarantees and limits, on a real master."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from koinon_cli.errors import ExitCode

Koinon = Callable[..., Any]


@pytest.fixture
def quota(run: Koinon) -> Iterator[Koinon]:
    """``quota("set", ...)``; afterwards no role has any."""
    yield lambda *words: run("quota", *words)
    for row in run("quota", "list").rows:
        run("quota", "remove", row[0])


def test_quota_is_set_listed_and_removed(quota: Koinon) -> None:
    """What it comes to is said."""
    set_ = quota("set", "eng", "--guarantee", "cpus=1", "--limit", "cpus=2,mem=512")
    listed = quota("list").rows
    removed = quota("remove", "eng")

    assert "eng: guarantee cpus:1, limit cpus:2 mem:512, consumed -\n" == set_.out
    assert [["eng", "cpus:1", "cpus:2 mem:512", "-"]] == listed
    assert ("eng has no quota\n", []) == (removed.out, quota("list").rows)


def test_what_is_not_named_stays(quota: Koinon) -> None:
    """A new limit leaves the guarantee alone; "none" takes one of them away."""
    quota("set", "eng", "--guarantee", "cpus=1")
    limited = json.loads(quota("set", "eng", "--limit", "cpus=2", "--json").out)
    freed = json.loads(quota("set", "eng", "--guarantee", "none", "--json").out)

    assert ({"cpus": 1.0}, {"cpus": 2.0}) == (limited["guarantee"], limited["limit"])
    assert ({}, {"cpus": 2.0}) == (freed["guarantee"], freed["limit"])


def test_more_than_the_cluster_has_needs_force(quota: Koinon) -> None:
    """Refused in the master's words, which name force."""
    refused = quota("set", "eng", "--guarantee", "cpus=64")
    forced = quota("set", "eng", "--guarantee", "cpus=64", "--force")

    assert (ExitCode.REFUSED, ExitCode.OK) == (refused.code, forced.code)
    assert "force" in refused.err


def test_refusals(quota: Koinon) -> None:
    """Neither amount is wrong usage; a role without quota has none to remove."""
    assert ExitCode.USAGE == quota("set", "eng").code
    assert ExitCode.REFUSED == quota("remove", "eng").code
