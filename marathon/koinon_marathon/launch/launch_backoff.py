"""How long an app waits before it launches again after failures (marathon-semantics 19).

A delay belongs to a configuration: scaling keeps it, any other change starts without one.
"""

from collections.abc import Set
from datetime import datetime

import attrs

from ..definition.path_ids import PathId
from ..definition.run_specs import RunSpec


@attrs.frozen(kw_only=True)
class Delay:
    """One app's delay after so many `failures` in a row, the last of them at `failed_at`.

    `deadline` ends it; `reference` is the last sign of life or failure. Times are seconds since 1970.
    """

    config_version: datetime
    seconds: float
    deadline: float
    reference: float
    failed_at: float
    failures: int


class LaunchBackoff:
    """The delays of all apps that failed lately."""

    def __init__(self) -> None:
        self._delays: dict[PathId, Delay] = {}

    def specs(self) -> Set[PathId]:
        """Those that failed, lately or not."""
        return self._delays.keys()

    def deadline(self, app: RunSpec, now: float) -> float | None:
        """When the app may launch again; None: now."""
        delay = self.current(app, now)
        return None if delay is None or delay.deadline <= now else delay.deadline

    def fail(self, app: RunSpec, now: float) -> None:
        """A task of the app's present configuration ended badly: the next delay is longer by the factor."""
        before = self.current(app, now)
        grown = float(app.backoff_seconds) if before is None else before.seconds * app.backoff_factor
        seconds = min(grown, float(app.max_launch_delay_seconds))
        self._delays[app.id] = Delay(
            config_version=app.version_info.last_config_change_at,
            seconds=seconds,
            deadline=now + seconds,
            reference=now,
            failed_at=now,
            failures=1 if before is None else before.failures + 1,
        )

    def note_progress(self, app: RunSpec, now: float) -> None:
        """A task came forward: the delay keeps its length and lives on from here."""
        delay = self.current(app, now)
        if delay is not None:
            self._delays[app.id] = attrs.evolve(delay, reference=now)

    def reset(self, spec_id: PathId) -> bool:
        """Forget an app's failures. Returns whether there was a delay."""
        return self._delays.pop(spec_id, None) is not None

    def current(self, app: RunSpec, now: float) -> Delay | None:
        """The delay, unless it is of another configuration or so old that the app has proved itself since."""
        delay = self._delays.get(app.id)
        if delay is None:
            return None
        is_stale = delay.config_version != app.version_info.last_config_change_at
        if is_stale or now > delay.reference + max(app.max_launch_delay_seconds, delay.seconds):
            del self._delays[app.id]
            return None
        return delay
