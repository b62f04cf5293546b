"""What to do when a timer falls due: overdue launches, losses, kills to repeat, delays that end, the scale check."""

from koinon_core.ids import TaskId

from .definition.path_ids import PathId
from .health.polling import poll_readiness
from .health.rounds import run_rounds
from .instance.instance_changes import apply, kill_tasks
from .instance.instance_update import expunge, review_loss
from .instance.instances import InstanceId
from .subscription import ask_for_kill
from .timers import Timer, TimerKind
from .turn import Turn

TIMERS_PER_TURN = 500
"""So many instances lost in one moment are judged before others get their turn."""


def run_due(turn: Turn) -> None:
    """Do what is due, the earliest first. What is beyond one turn is due still, and so are rounds of health checks."""
    due = turn.state.timers.pop_due(turn.now, TIMERS_PER_TURN)
    for timer in due:
        _run_timer(turn, timer)
    _go_on(turn, [timer for timer in due if timer.kind is TimerKind.INSTANCES])
    run_rounds(turn, [timer.subject for timer in due if timer.kind is TimerKind.HEALTH])


def _go_on(turn: Turn, unfinished: list[Timer]) -> None:
    """Let one app have more of its instances made or let go, which fills a turn; the others take theirs after it."""
    for timer in unfinished[:1]:
        turn.touch(PathId(timer.subject))
    for timer in unfinished[1:]:
        turn.state.timers.set(timer, turn.now)


def _run_timer(turn: Turn, timer: Timer) -> None:
    state = turn.state
    match timer.kind:
        case TimerKind.OVERDUE:
            _give_up(turn, InstanceId(timer.subject))
        case TimerKind.LOSS:
            lost = state.instances.get(InstanceId(timer.subject))
            if lost is not None and lost.condition.is_lost:
                apply(turn, review_loss(lost, state.strategy_of(lost), turn.now))
        case TimerKind.KILL:
            _kill_again(turn, timer)
        case TimerKind.BACKOFF:
            turn.eager.add(PathId(timer.subject))
        case TimerKind.READINESS:
            poll_readiness(turn, TaskId(timer.subject))
        case TimerKind.SCALE_CHECK:
            _check_all(turn)
        case TimerKind.REVIVE | TimerKind.TOKENS | TimerKind.RECONCILE:
            pass  # `settling` looks at them at the end of every turn
        case TimerKind.HEALTH | TimerKind.INSTANCES:
            pass  # all that are due share what one turn may do


def _give_up(turn: Turn, overdue: InstanceId) -> None:
    """A launch that does not come forward is killed, and launched again when it is over.

    A reservation that no offer carries goes with its instance, and another one is tried.
    """
    instance = turn.state.instances.get(overdue)
    if instance is not None and instance.task is not None:
        kill_tasks(turn, instance)
    elif instance is not None and instance.reservation is not None:
        apply(turn, expunge(instance))


def _kill_again(turn: Turn, timer: Timer) -> None:
    """Without a session the next one asks again."""
    task_id = TaskId(timer.subject)
    if turn.state.is_connected and task_id in turn.state.kills.in_flight:
        ask_for_kill(turn, task_id)


def _check_all(turn: Turn) -> None:
    """The periodic scale check: of every app, and of instances whose app is no more."""
    state = turn.state
    for spec_id in (*state.specs, *state.instances.specs()):
        turn.touch(spec_id)
    state.timers.set(Timer(TimerKind.SCALE_CHECK), turn.now + state.options.scale_apps_interval)
