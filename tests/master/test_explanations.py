"""Why nothing is offered, and how much of it may be asked at once."""

from __future__ import annotations

import pytest

from fakes.master_bench import MasterBench, make_framework
from koinon_master.views import explanations, find_question_problem


def test_question_about_too_many_at_once_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a large cluster a question must name its framework, as the answer is found on the loop's own time."""
    bench = MasterBench()
    for _ in range(3):
        bench.add_agent()
    framework_id = bench.add_framework(make_framework("one", "dev"))
    bench.add_framework(make_framework("two", "dev"))
    state = bench.master.state
    monkeypatch.setattr(explanations, "MAX_ASKED", 5)

    asked_of_all = find_question_problem(state, None, None)

    assert "this asks about 2 frameworks on 3 agents: name one by 'framework_id', or few by role" == asked_of_all
    assert find_question_problem(state, framework_id, None) is None
    assert find_question_problem(state, None, "nobody") is None
