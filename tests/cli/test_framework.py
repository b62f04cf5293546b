"""``koinon framework``: who schedules, on a real master."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from koinon_cli.errors import ExitCode
from support.operated_cluster import OperatedCluster

Koinon = Callable[..., Any]


def test_framework_is_shown_by_its_name(run: Koinon, cluster: OperatedCluster) -> None:
    """With what it holds, and its tasks."""
    cluster.launch("held")
    shown = run("framework", "show", "raw")

    assert cluster.framework_id == shown.facts["id"]
    assert ("active", "1mins", "cpus:1") == tuple(shown.facts[name] for name in ("state", "may be away for", "holds"))
    assert shown.out.endswith(run("task", "list", "--framework", "raw").out)


def test_framework_is_torn_down(run: Koinon) -> None:
    """It leaves the list; then it is not found. Without --yes nothing happens where nobody can be asked."""
    unasked = run("framework", "teardown", "raw")
    ended = run("framework", "teardown", "raw", "--yes")

    assert (ExitCode.USAGE, ExitCode.OK) == (unasked.code, ended.code)
    assert [] == run("framework", "list").rows
    assert ExitCode.NOT_FOUND == run("framework", "teardown", "raw", "--yes").code
