"""``koinon role``: weights, on a real master."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from koinon_cli.errors import ExitCode

Koinon = Callable[..., Any]


def test_role_gets_its_weight(run: Koinon) -> None:
    """It is listed and shown with it."""
    weighed = run("role", "weight", "heavy", "2.5", "--json")

    assert ("heavy", 2.5) == (json.loads(weighed.out)["name"], json.loads(weighed.out)["weight"])
    assert ["heavy", "2.5", "0", "-", "-", "-"] in run("role", "list").rows
    assert "2.5" == run("role", "show", "heavy").facts["weight"]


def test_refusals(run: Koinon) -> None:
    """0 is no weight, a role's name may not begin so, and a role without anything is not there."""
    codes = (run("role", "weight", "eng", "0").code, run("role", "weight", "/eng", "1").code)

    assert (ExitCode.USAGE, ExitCode.REFUSED) == codes
    assert ExitCode.NOT_FOUND == run("role", "show", "nobody").code
