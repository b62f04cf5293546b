"""Why a deployment waits: what each action under way has, what it still wants, and what stands against it.

What keeps instances from launching is `waiting` and `launch.match_statistics`; here is why the steps don't go on.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from ..definition.run_specs import RunSpec
from ..deployment.machine import Deployment
from ..deployment.plan import Action, ActionType
from ..instance.instances import Condition, Instance
from ..state import State
from .waiting import describe_failure, waiting_sentences


def why_waits(state: State, deployment: Deployment, now: float) -> list[str]:
    """A line for each app or pod that the step under way waits for, and one for each reason."""
    return [
        f"{action.word} {action.spec_id}: {sentence}"
        for action in deployment.current_actions
        for sentence in action_sentences(state, action, now)
    ]


def action_sentences(state: State, action: Action, now: float, *, counts_down: bool = True) -> Iterator[str]:
    """How far an action is, and what stands against it; `counts_down` as in `waiting_sentences`."""
    members = list(state.instances.of_spec(action.spec_id).values())
    going = [one for one in members if one.is_going]
    spec = state.specs.get(action.spec_id)
    if spec is None or action.type is ActionType.STOP:
        yield _ending(len(going))
        return
    config = spec.version_info.last_config_change_at
    wanted = [one for one in members if one.is_counted]
    new = [one for one in wanted if one.config_version == config or one.condition is Condition.SCHEDULED]
    ready = sum(state.is_ready(one) for one in new)
    kind = "new instances" if action.type is ActionType.RESTART else "instances"
    yield f"{ready} of {spec.instances} {kind} are ready"
    if going:
        yield _ending(len(going))
    yield from _why_unready(state, [one for one in new if not state.is_ready(one)])
    waiting = waiting_sentences(state, spec, now, counts_down=counts_down) if state.queue.count(spec.id) else []
    yield from waiting
    if state.queue.count(spec.id):
        yield from commonest_refusal(state, spec)
    yield from _last_failure(state, spec, waiting)
    if action.type is ActionType.RESTART:
        yield from _why_old_ones_stay(state, spec, [one for one in wanted if one not in new])


def _ending(count: int) -> str:
    return (
        "1 instance is told to end and still runs" if count == 1 else f"{count} instances are told to end and still run"
    )


def _why_unready(state: State, unready: Iterable[Instance]) -> Iterator[str]:
    """How far those have come that count and are not ready."""
    counts: Counter[tuple[str, str]] = Counter()
    causes: dict[tuple[str, str], str] = {}
    for one in unready:
        stage = _stage(state, one)
        counts[stage] += 1
        cause = _cause(state, one)
        if cause is not None:
            causes[stage] = cause
    for stage, count in counts.items():
        singular, plural = stage
        yield f"{count} {singular if count == 1 else plural}" + (f", last: {causes[stage]}" if stage in causes else "")


def _stage(state: State, instance: Instance) -> tuple[str, str]:
    """What an instance does, as said of one and of several."""
    if instance.condition is Condition.SCHEDULED:
        return "waits to be launched", "wait to be launched"
    if instance.condition is not Condition.RUNNING:
        return f"is {instance.condition.value}", f"are {instance.condition.value}"
    if state.is_healthy(instance):
        passed = "healthy and not ready yet: the readiness check has not passed"
        return f"is {passed}", f"are {passed}"
    if state.health_of(instance) is False:
        return "runs and is not healthy", "run and are not healthy"
    return "runs, its health is not known yet", "run, their health is not known yet"


def _cause(state: State, instance: Instance) -> str | None:
    """What the failed check of an instance that is running said last."""
    checks = [health for task in instance.tasks for health in state.health.of_task(task.id).values()]
    return next((health.last_failure_cause for health in checks if not health.is_alive), None)


def commonest_refusal(state: State, spec: RunSpec) -> Iterator[str]:
    """The commonest reason why offers did not do, in the words of the latest of them."""
    unused = list(state.statistics.of(spec.id).last_unused.values())
    reasons = Counter(each.refusals[0].reason for each in unused)
    for reason, count in reasons.most_common(1):
        latest = [each.refusals[0] for each in unused if each.refusals[0].reason is reason][-1]
        yield f"{count} of {len(unused)} offered agents can't take one: {latest.message}"


def _last_failure(state: State, spec: RunSpec, told: Iterable[str]) -> Iterator[str]:
    """How a task of this version failed, unless that is told already."""
    failure = state.failures.get(spec.id)
    if failure is not None and failure.version == spec.version:
        described = describe_failure(failure)
        if not any(described in sentence for sentence in told):
            yield f"the last task of this version that failed was {described}"


def _why_old_ones_stay(state: State, spec: RunSpec, old: list[Instance]) -> Iterator[str]:
    if old:
        healthy = sum(state.is_healthy(one) for one in old)
        share = spec.upgrade_strategy
        yield (
            f"{_old_ones(len(old))}, {healthy} of them healthy, until new ones are ready "
            f"(minimumHealthCapacity {share.minimum_health_capacity:g}, "
            f"maximumOverCapacity {share.maximum_over_capacity:g})"
        )


def _old_ones(count: int) -> str:
    return "1 instance of the old version stays" if count == 1 else f"{count} instances of the old version stay"
