"""What Marathon does with its subscription: registers, asks how its tasks are and for their kills."""

from koinon_core.ids import TaskId
from koinon_core.scheduler_api import ReconcileTask

from . import stream_events
from .events import MessageReceived, Subscribed
from .instructions import FrameworkRecord, KillTask, Reconcile
from .timers import Timer, TimerKind
from .turn import Turn


def subscribe(turn: Turn, event: Subscribed) -> None:
    """The master listens. Ask about every task we know, launch intents included, then about all that it knows.

    Kills may have been lost with the session: those in flight are asked for again.
    """
    state = turn.state
    state.is_connected = True
    if state.has_subscribed:
        turn.publish(stream_events.scheduler_reregistered(event.master, turn.now))
    else:
        state.has_subscribed = True
        turn.publish(stream_events.scheduler_registered(event.framework_id, event.master, turn.now))
    if event.framework_id != state.framework_id:
        state.framework_id = event.framework_id
        turn.put(FrameworkRecord(event.framework_id))
    domain = event.domain.fault_domain if event.domain else None
    state.home_region = domain.region.name if domain else None
    state.demand.note_role(state.options.default_role)
    state.demand.forget_master()
    for task_id in state.kills.in_flight:
        ask_for_kill(turn, task_id)
    if ask_about_tasks(turn, with_intents=True):
        turn.at_once(Reconcile())


def disconnect(turn: Turn) -> None:
    """Nothing can be sent until the next subscription."""
    turn.state.is_connected = False
    turn.state.reconciler.pause()
    turn.publish(stream_events.scheduler_disconnected(turn.now))


def pass_on(turn: Turn, event: MessageReceived) -> None:
    """What an executor says is for those who listen: Marathon's own executors say nothing."""
    turn.publish(stream_events.framework_message(event.executor_id, event.agent_id, event.data, turn.now))


def ask_about_tasks(turn: Turn, *, with_intents: bool) -> bool:
    """Begin an explicit reconciliation of every task that is not over. Returns whether there is one.

    Launch intents are asked about in a fresh session only: in a running one their ACCEPT may not have got there yet.
    """
    tasks = [
        ReconcileTask(task_id=task.id, agent_id=task.agent_id)
        for one in turn.state.instances.all().values()
        for task in one.live_tasks
        if with_intents or task.state is not None
    ]
    if tasks or with_intents:
        turn.state.reconciler.begin(tasks, turn.now)
    return bool(tasks)


def ask_for_kill(turn: Turn, task_id: TaskId) -> None:
    """Ask for the kill of a task in flight, and set the time to ask again."""
    turn.after(KillTask(task_id, turn.state.kills.agent_of(task_id)))
    turn.state.timers.set(Timer(TimerKind.KILL, task_id), turn.now + turn.state.options.kill_retry_timeout)
