"""What every turn ends with: touched apps are brought to their wanted state, kills and demand for offers go out.

Owns the scale check (marathon-semantics 5), which leaves to a deployment what its present step is at work on.
"""

from .definition.path_ids import PathId
from .deployment.deploying import advance_deployment
from .deployment.machine import Deployment
from .instance.instance_changes import add_instances, decommission_instances
from .instance.instances import Goal
from .instance.scaling import propose
from .instructions import Reconcile
from .launch.residents import launching_roles
from .subscription import ask_about_tasks, ask_for_kill
from .timers import Timer, TimerKind
from .turn import Turn


def settle(turn: Turn) -> None:
    """Bring the turn to its end. Each step may touch more apps, until nothing is left to be done."""
    seen: dict[PathId, None] = {}
    while turn.touched:
        spec_id = next(iter(turn.touched))
        del turn.touched[spec_id]
        seen[spec_id] = None
        deployment = turn.state.deployment_of(spec_id)
        if deployment is not None and deployment.is_at_work_on(spec_id):
            advance_deployment(turn, deployment, spec_id)
        elif deployment is not None and deployment.is_yet_to_do(spec_id):
            replace_lost(turn, deployment, spec_id)
        else:
            check_scale(turn, spec_id)
    for spec_id in {**seen, **dict.fromkeys(turn.eager)}:
        refresh_demand(turn, spec_id)
    send_kills(turn)
    settle_demand(turn)
    _ask(turn)


def check_scale(turn: Turn, spec_id: PathId) -> None:
    """Start what is missing, let go what is too much, and all of an app that is no more."""
    instances = turn.state.instances
    app = turn.state.specs.get(spec_id)
    if app is None:
        members = instances.of_spec(spec_id).values()
        decommission_instances(turn, tuple(one.id for one in members if one.goal is not Goal.DECOMMISSIONED))
    elif instances.counted(spec_id) < app.instances:
        add_instances(turn, app, app.instances - instances.counted(spec_id))
    elif instances.counted(spec_id) > app.instances:
        decommission_instances(turn, propose(app, instances.of_spec(spec_id).values(), set()).victims)


def replace_lost(turn: Turn, deployment: Deployment, spec_id: PathId) -> None:
    """Keep up what a deployment has not come to yet, which may take days: as many as it had, if it shall keep them."""
    before, spec = deployment.plan.original.get(spec_id), turn.state.specs.get(spec_id)
    if before is not None and spec is not None:
        missing = min(before.instances, spec.instances) - turn.state.instances.counted(spec_id)
        add_instances(turn, spec, max(0, missing))


def refresh_demand(turn: Turn, spec_id: PathId) -> None:
    """Whether the app would take offers now, and, if it waits out a delay, until when."""
    state = turn.state
    app = state.specs.get(spec_id)
    timer = Timer(TimerKind.BACKOFF, spec_id)
    state.timers.cancel(timer)
    if app is None or not state.queue.count(spec_id):
        state.queue.set_ready(spec_id, frozenset())
        if not state.queue.count(spec_id):
            state.statistics.forget_spec(spec_id)
        return
    deadline = state.backoff.deadline(app, turn.now)
    if deadline is not None:
        state.queue.set_ready(spec_id, frozenset())
        state.timers.set(timer, deadline)
        return
    roles = launching_roles(state, app)
    state.queue.set_ready(spec_id, roles)
    for role in roles if spec_id in turn.eager else ():
        state.demand.note_change(role)


def send_kills(turn: Turn) -> None:
    """Ask for the kills whose turn it is, and again later while no answer comes."""
    if not turn.state.is_connected:
        return
    for task_id in turn.state.kills.take_off():
        ask_for_kill(turn, task_id)


def settle_demand(turn: Turn) -> None:
    """Tell the master which roles want offers."""
    if not turn.state.is_connected:
        return
    demand = turn.state.demand
    if turn.state.tokens.take_wanted(turn.now):
        for role in turn.state.queue.ready_roles:
            demand.note_change(role)
    _set_timer(turn, TimerKind.TOKENS, turn.state.tokens.deadline())
    for instruction in demand.settle(turn.state.queue.ready_roles | turn.state.instances.roles_to_free, turn.now):
        turn.at_once(instruction)
    _set_timer(turn, TimerKind.REVIVE, demand.deadline)


def _ask(turn: Turn) -> None:
    """Put the reconciler's next question, if it is time for one."""
    question = turn.state.reconciler.due(turn.now)
    if question is not None and turn.state.is_connected:
        turn.at_once(Reconcile(question.tasks))
        if not question.tasks:
            # The master named what it knows; what it does not know of comes to light only when asked for by name.
            ask_about_tasks(turn, with_intents=False)
    _set_timer(turn, TimerKind.RECONCILE, turn.state.reconciler.deadline)


def _set_timer(turn: Turn, kind: TimerKind, deadline: float | None) -> None:
    if deadline is None:
        turn.state.timers.cancel(Timer(kind))
    else:
        turn.state.timers.set(Timer(kind), deadline)
