"""What is always true of the state between two events; tests ask after each."""

from collections.abc import Iterator

from koinon_core.ids import TaskId

from .definition.groups import all_specs
from .errors import BrokenInvariant
from .instance.instances import Condition, Instance, InstanceId
from .state import State
from .timers import Timer, TimerKind

_WITHOUT_TASK = frozenset({Condition.SCHEDULED})


def check_state(state: State) -> None:
    """Raise BrokenInvariant for the first contradiction."""
    for problem in _problems(state):
        raise BrokenInvariant(problem)


def _problems(state: State) -> Iterator[str]:
    if state.specs != all_specs(state.root):
        yield "the index of apps is not that of the tree"
    yield from _index_problems(state)
    yield from _memory_problems(state)
    for instance in state.instances.all().values():
        yield from _instance_problems(state, instance)
    for spec_id, app in state.specs.items():
        is_at_rest = spec_id not in state.locks and Timer(TimerKind.INSTANCES, spec_id) not in state.timers.all()
        if is_at_rest and state.instances.counted(spec_id) != app.instances:
            yield f"{spec_id} has {state.instances.counted(spec_id)} instances instead of {app.instances}"
        if app.version not in state.versions.get(spec_id, {}):
            yield f"{spec_id} does not remember its present version"
    for spec_id, deployment_id in state.locks.items():
        if deployment_id not in state.deployments:
            yield f"{spec_id} is locked by deployment {deployment_id}, which is over"


def _memory_problems(state: State) -> Iterator[str]:
    """Nothing is remembered of what is gone."""
    live, tasks = {*state.specs, *state.instances.specs()}, _tasks(state)
    for name, known, there in (
        ("versions", state.versions.keys(), state.specs.keys()),
        ("a failure", state.failures.keys(), state.specs.keys()),
        ("a delay", state.backoff.specs(), state.specs.keys()),
        ("offers", state.statistics.specs(), state.instances.specs()),
        ("checks", state.health.specs(), live),
        ("health", state.health.tasks(), tasks),
        ("readiness", state.readiness.tasks(), tasks),
    ):
        for subject in known - set(there):
            yield f"{name} of {subject}, which is gone, is remembered"
    for timer in state.timers.all():
        if not _has_subject(state, timer):
            yield f"the {timer.kind.value} timer of {timer.subject} is set for nobody"


def _tasks(state: State) -> set[TaskId]:
    return {task.id for one in state.instances.all().values() for task in one.tasks}


def _has_subject(state: State, timer: Timer) -> bool:
    match timer.kind:
        case TimerKind.OVERDUE | TimerKind.LOSS:
            return state.instances.get(InstanceId(timer.subject)) is not None
        case TimerKind.KILL:
            return timer.subject in state.kills.in_flight
        case TimerKind.BACKOFF:
            return timer.subject in state.specs
        case TimerKind.HEALTH:
            return state.health.find_active(timer.subject) is not None
        case TimerKind.READINESS:
            return state.readiness.find(TaskId(timer.subject)) is not None
    return True


def _index_problems(state: State) -> Iterator[str]:
    for spec_id in state.instances.specs():
        members = state.instances.of_spec(spec_id).values()
        if sum(one.is_counted for one in members) != state.instances.counted(spec_id):
            yield f"the instances of {spec_id} are miscounted"
        if sum(one.is_going for one in members) != state.instances.going(spec_id):
            yield f"the departing instances of {spec_id} are miscounted"
        if {one.id for one in members if one.is_waiting} != set(state.queue.waiting(spec_id)):
            yield f"the launch queue of {spec_id} is not its waiting instances"


def _instance_problems(state: State, instance: Instance) -> Iterator[str]:
    if (instance.task is None) != (instance.condition in _WITHOUT_TASK):
        yield f"{instance.id} is {instance.condition.value} with task {instance.task}"
    if instance.condition.is_terminal:
        yield f"{instance.id} is kept though it is {instance.condition.value}"
    if instance.task is None:
        if not (instance.is_wanted or instance.reservation is not None):
            yield f"{instance.id} is neither wanted nor there"
        return
    for task in instance.tasks:
        if state.instances.of_task(task.id) is not instance:
            yield f"{task.id} does not lead to its instance"
    if not instance.live_tasks:
        yield f"{instance.id} is kept with tasks that are all over"
    if not instance.is_wanted and any(task.id not in state.kills for task in instance.live_tasks):
        yield f"{instance.id} shall go and nobody kills it"
