"""Plans, steps and ends of deployments, told to each app that they deal with."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..definition.path_ids import PathId
from ..stream_events import StreamEvent
from ..turn import Turn
from .book import TimelineBook
from .entries import Entry, Kind, Tone

RECORDED = frozenset(
    {"deployment_info", "deployment_step_success", "deployment_step_failure", "deployment_success", "deployment_failed"}
)
_TONES = {
    "deployment_success": Tone.GOOD,
    "deployment_step_failure": Tone.BAD,
    "deployment_failed": Tone.BAD,
}


def record_plan(turn: Turn) -> None:
    """Of a deployment that this turn began: all its steps, for each app that it deals with."""
    for told in turn.told:
        plan = told.fields.get("plan")
        if told.type != "deployment_info" or not isinstance(plan, Mapping):
            continue
        steps: Sequence[Any] = plan["steps"]
        if told.fields["currentStep"] != steps[0]:
            continue
        for path in _apps(steps):
            text = f"planned in {_count(len(steps), 'step')}: {_own_steps(steps, path)}"
            turn.state.timeline.add(path, Entry(at=turn.now, kind=Kind.PLAN, text=text, deployment=plan["id"]))
        return


def record_deployment(book: TimelineBook, told: StreamEvent, *, goes_on: bool) -> None:
    """A step begins or ends, or the whole deployment ends. `goes_on`: a former leader had begun it."""
    plan: Any = told.fields["plan"]
    steps, step = plan["steps"], told.fields.get("currentStep")
    where = f"step {_number(steps, step)} of {len(steps)}" if step is not None else ""
    word = {
        "deployment_info": f"{where} {'goes on' if goes_on else 'begins'}",
        "deployment_step_success": f"{where} is done",
        "deployment_step_failure": f"{where} is given up",
        "deployment_success": "the deployment is done",
        "deployment_failed": f"the deployment ends: {told.fields.get('reason')}",
    }[told.type]
    tone = _TONES.get(told.type, Tone.PLAIN)
    for path in _apps(steps if step is None else [step]):
        action = _action_of(step, path)
        text = f"{word}: {action}" if action and told.type == "deployment_info" else word
        book.add(path, Entry(at=told.at, kind=Kind.DEPLOYMENT, text=text, tone=tone, deployment=plan["id"]))


def _number(steps: Sequence[Any], step: Any) -> int:
    return next((number for number, each in enumerate(steps, start=1) if each == step), 0)


def _apps(steps: Iterable[Any]) -> Iterable[PathId]:
    return dict.fromkeys(PathId(_app(action)) for step in steps for action in step["actions"])


def _app(action: Mapping[str, str]) -> str:
    return action["app"] if "app" in action else action["pod"]


def _own_steps(steps: Sequence[Any], path: PathId) -> str:
    """What the plan does to one app. Others are counted, not named: not everybody may see them."""
    told = []
    for number, step in enumerate(steps, start=1):
        action, others = _action_of(step, path), sum(_app(each) != path for each in step["actions"])
        if action is not None:
            told.append(f"{number}. {action}" + (f" beside {_count(others, 'other')}" if others else ""))
    return "; ".join(told)


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def _action_of(step: Any, path: PathId) -> str | None:
    if step is None:
        return None
    return next((str(each["action"]) for each in step["actions"] if _app(each) == path), None)
