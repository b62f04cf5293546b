"""How many instances are how far, and how long they have lived (marathon-v2-api 3.8)."""

from collections.abc import Iterable
from statistics import mean, median

import attrs

from ..definition.apps import App
from ..instance.instances import Condition, Instance
from ..state import State
from ..timestamps import timestamp
from .health import tally_health

_STAGED = frozenset({Condition.SCHEDULED, Condition.PROVISIONED, Condition.STAGING})


@attrs.frozen(kw_only=True)
class Counts:
    """Instances by progress and health. One that waits for an offer counts as staged, one that is stopped does not."""

    staged: int
    running: int
    healthy: int
    unhealthy: int

    @classmethod
    def of(cls, state: State, instances: Iterable[Instance]) -> "Counts":
        """Count."""
        staged = running = healthy = unhealthy = 0
        for one in instances:
            staged += one.condition in _STAGED and (one.is_wanted or one.task is not None)
            running += one.condition is Condition.RUNNING
            found = tally_health(state, one)
            healthy += found is True
            unhealthy += found is False
        return cls(staged=staged, running=running, healthy=healthy, unhealthy=unhealthy)

    def in_app(self) -> dict[str, object]:
        """The counts as they stand in an app."""
        return {
            "tasksStaged": self.staged,
            "tasksRunning": self.running,
            "tasksHealthy": self.healthy,
            "tasksUnhealthy": self.unhealthy,
        }


def task_statistics(state: State, app: App, instances: Iterable[Instance], now: float) -> dict[str, object]:
    """`taskStats`: totals, and apart what runs the present configuration or started since the last scaling."""
    members = [one for one in instances if one.task is not None]
    config, scaled = app.version_info.last_config_change_at, app.version_info.last_scaling_at
    groups = {
        "startedAfterLastScaling": [one for one in members if _staged_at(one) >= scaled.timestamp()],
        "withLatestConfig": [one for one in members if one.config_version == config],
        "withOutdatedConfig": [one for one in members if one.config_version != config],
        "totalSummary": members,
    }
    return {name: {"stats": _stats(state, group, now)} for name, group in groups.items() if group}


def _staged_at(instance: Instance) -> float:
    """In whole milliseconds, as versions are."""
    return timestamp(instance.task.staged_at).timestamp() if instance.task else 0.0


def _stats(state: State, instances: list[Instance], now: float) -> dict[str, object]:
    stats: dict[str, object] = {"counts": attrs.asdict(Counts.of(state, instances))}
    lives = [now - one.task.started_at for one in instances if one.task and one.task.started_at is not None]
    if lives:
        stats["lifeTime"] = {"averageSeconds": mean(lives), "medianSeconds": median(lives)}
    return stats
