"""The web UI and ``koinon framework why`` say the same of a framework that starves: one list of cases for both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from koinon_cli.framework_advice import RoleView, advise

_CASES = json.loads((Path(__file__).parents[2] / "web" / "test" / "frameworks" / "advice.json").read_text())


def _view(case: dict[str, Any]) -> RoleView:
    free = case.get("free", ())
    refusals = [
        {"filter": name, "reason": "because", "free": dict(free[index]) if index < len(free) else {}}
        for index, name in enumerate(case["filters"])
    ]
    level = [_rival(*one) for one in case.get("rivals", [["own", 0.0, 1.0]])]
    standing = {"role": "own", "least": [], "refused": [], "levels": [level]} | case.get("standing", {})
    return RoleView(standing=standing, refusals=refusals, quota=case.get("quota"), agents=case.get("agents", 1))


def _rival(name: str, share: float, weight: float) -> dict[str, Any]:
    fields = {"kind": "role", "id": name, "wants_offers": True, "is_own": name == "own"}
    return {**fields, "name": name, "share": share, "weight": weight, "rank": share / weight}


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["advice"][:40])
def test_advice_is_the_web_uis(case: dict[str, Any]) -> None:
    """Word by word: the UI's own tests hold it to the same cases."""
    assert case["advice"] == advise(_view(case))
