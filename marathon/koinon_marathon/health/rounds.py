"""A round of questions: one schedule for each version and check of an app, however many instances it has.

It asks all running instances of exactly its version (marathon-semantics 20.1). Where a check becomes active is
`activation`, what answers mean `answers`.
"""

from collections import deque
from collections.abc import Iterable

from ..definition.apps import App
from ..instance.instances import Condition, InstanceId
from ..timers import Timer, TimerKind
from ..turn import Turn
from .activation import deactivate, is_outlived
from .answers import take_health
from .book import Activation, Round
from .probes import Failed, Probe, ProbeKey, ProbeKind
from .targets import NoTarget, health_target

LOOKS_PER_TURN = 500
"""About twenty milliseconds. A round of ten thousand instances takes many turns, and others get theirs between."""


def run_rounds(turn: Turn, activation_keys: Iterable[str]) -> None:
    """Begin or carry on these rounds; what there is no time for now is due again at once."""
    looks = 0
    for key in activation_keys:
        if looks < LOOKS_PER_TURN:
            looks += _run_round(turn, key, LOOKS_PER_TURN - looks)
        else:
            turn.state.timers.set(Timer(TimerKind.HEALTH, key), turn.now)


def _run_round(turn: Turn, key: str, most: int) -> int:
    """Ask at most so many, and set the time of the rest or of the next round. Returns how many were looked at."""
    book, timer = turn.state.health, Timer(TimerKind.HEALTH, key)
    activation = book.find_active(key)
    if activation is None:
        return 0
    if is_outlived(turn, activation):
        deactivate(turn, activation)
        return 1
    round_ = book.rounds.pop(key, None) or _begin(turn, activation)
    count = min(most, len(round_.left))
    for _ in range(count):
        _ask(turn, activation, round_.left.popleft())
    if round_.left:
        book.rounds[key] = round_
        turn.state.timers.set(timer, turn.now)
    else:
        turn.state.timers.set(timer, max(turn.now, round_.next_at))
    return max(1, count)


def _begin(turn: Turn, activation: Activation) -> Round:
    members = turn.state.instances.of_spec(activation.spec_id)
    return Round(next_at=turn.now + activation.check.interval_seconds, left=deque(members))


def _ask(turn: Turn, activation: Activation, instance_id: InstanceId) -> None:
    instance = turn.state.instances.get(instance_id)
    if instance is None or instance.condition is not Condition.RUNNING or instance.version != activation.version:
        return
    app, task, check = turn.state.definition_of(instance), instance.task, activation.check
    if not isinstance(app, App) or task is None:
        return
    key = ProbeKey(task.id, ProbeKind.HEALTH, activation.index)
    target = health_target(app, check, task)
    if isinstance(target, NoTarget):
        take_health(turn, instance, key, Failed(str(target)))
    else:
        turn.at_once(Probe(key=key, target=target, timeout=float(check.timeout_seconds)))
