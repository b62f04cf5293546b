"""What Marathon does with its subscription: registers, asks how its tasks are, and what falls due meanwhile."""

from koinon_core.ids import TaskId
from koinon_core.scheduler_api import ReconcileTask

from .definition.path_ids import PathId
from .events import Subscribed
from .instance.instance_changes import apply
from .instance.instance_update import review_loss
from .instance.instances import InstanceId
from .instructions import FrameworkRecord, KillTask, Reconcile
from .timers import Timer, TimerKind
from .turn import Turn


def subscribe(turn: Turn, event: Subscribed) -> None:
    """The master listens. Ask about every task we know, launch intents included, then about all that it knows.

    Kills may have been lost with the session: those in flight are asked for again.
    """
    state = turn.state
    state.is_connected = True
    if event.framework_id != state.framework_id:
        state.framework_id = event.framework_id
        turn.put(FrameworkRecord(event.framework_id))
    domain = event.domain.fault_domain if event.domain else None
    state.home_region = domain.region.name if domain else None
    state.demand.note_role(state.options.default_role)
    state.demand.forget_master()
    for task_id in state.kills.in_flight:
        _ask_for_kill(turn, task_id)
    if ask_about_tasks(turn, with_intents=True):
        turn.at_once(Reconcile())


def disconnect(turn: Turn) -> None:
    """Nothing can be sent until the next subscription."""
    turn.state.is_connected = False
    turn.state.reconciler.pause()


def ask_about_tasks(turn: Turn, *, with_intents: bool) -> bool:
    """Begin an explicit reconciliation of every task that is not over. Returns whether there is one.

    Launch intents are asked about in a fresh session only: in a running one their ACCEPT may not have got there yet.
    """
    tasks = [
        ReconcileTask(task_id=one.task.id, agent_id=one.task.agent_id)
        for one in turn.state.instances.all().values()
        if one.task is not None and (with_intents or one.task.state is not None)
    ]
    if tasks or with_intents:
        turn.state.reconciler.begin(tasks, turn.now)
    return bool(tasks)


def run_timer(turn: Turn, timer: Timer) -> None:
    """Do what is due."""
    state = turn.state
    match timer.kind:
        case TimerKind.OVERDUE:
            # A launch that does not come forward is given up: killed, and launched again when it is over.
            instance = state.instances.get(InstanceId(timer.subject))
            if instance is not None and instance.task is not None:
                state.kills.add(instance.task.id, instance.task.agent_id)
        case TimerKind.LOSS:
            lost = state.instances.get(InstanceId(timer.subject))
            if lost is not None and lost.condition.is_lost:
                apply(turn, review_loss(lost, state.strategy_of(lost), turn.now))
        case TimerKind.KILL:
            _kill_again(turn, timer)
        case TimerKind.BACKOFF:
            turn.eager.add(PathId(timer.subject))
        case TimerKind.SCALE_CHECK:
            _check_all(turn)
        case TimerKind.REVIVE | TimerKind.RECONCILE:
            pass  # `settling` looks at both at the end of every turn


def _kill_again(turn: Turn, timer: Timer) -> None:
    """Without a session the next one asks again."""
    task_id = TaskId(timer.subject)
    if turn.state.is_connected and task_id in turn.state.kills.in_flight:
        _ask_for_kill(turn, task_id)


def _ask_for_kill(turn: Turn, task_id: TaskId) -> None:
    turn.after(KillTask(task_id, turn.state.kills.agent_of(task_id)))
    turn.state.timers.set(Timer(TimerKind.KILL, task_id), turn.now + turn.state.options.kill_retry_timeout)


def _check_all(turn: Turn) -> None:
    """The periodic scale check: of every app, and of instances whose app is no more."""
    state = turn.state
    for app_id in (*state.apps, *state.instances.apps()):
        turn.touch(app_id)
    state.timers.set(Timer(TimerKind.SCALE_CHECK), turn.now + state.options.scale_apps_interval)
