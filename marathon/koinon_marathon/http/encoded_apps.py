"""Apps encoded once: load balancers read all of them again and again, and few change in between.

Owns how long what was encoded stands: a definition until there is another, an app with all that is embedded in it until
its instances, its deployment or its last failure change. What an app shows is `queries.apps`.
"""

from collections.abc import Collection, Iterable, Iterator

import attrs
import orjson

from ..codec import encode_app
from ..definition.apps import App
from ..definition.path_ids import PathId
from ..deployment.plan import DeploymentId
from ..instance.instances import TaskFailure
from ..queries import AppParts, Embeds, app_object
from ..state import State
from .encoded_tasks import EncodedTasks, in_turns

_SPARE = 1000
"""How many removed apps may be remembered before all are forgotten."""
_KINDS = 4
"""In how many ways to embed an app is kept; who asks for one more has it encoded anew."""


@attrs.define
class _EncodedApp:
    """An app, and what of it changes besides its definition. `shown` holds it by what is embedded."""

    app: App
    definition: bytes
    stamp: object = None
    lock: DeploymentId | None = None
    failure: TaskFailure | None = None
    shown: dict[Embeds, orjson.Fragment] = attrs.field(factory=dict)


class EncodedApps:
    """The last that was shown of each app, as its JSON object."""

    def __init__(self) -> None:
        self.tasks = EncodedTasks()
        self._known: dict[PathId, _EncodedApp] = {}

    async def show_all(self, state: State, apps: Collection[App], embeds: Embeds, now: float) -> list[orjson.Fragment]:
        """All of these as they are at one moment, after `prepare`."""
        await self.prepare(state, apps, embeds)
        return [self.show(state, app, embeds, now) for app in apps]

    async def prepare(self, state: State, apps: Iterable[App], embeds: Embeds) -> None:
        """Encode what costs most and is not encoded yet, while others have their turn."""
        await in_turns(self._steps(state, apps, embeds))

    def show(self, state: State, app: App, embeds: Embeds, now: float) -> orjson.Fragment:
        """An app with what is asked for, as `app_object` has it."""
        known = self._refresh(state, app)
        found = known.shown.get(embeds)
        if found is not None:
            return found
        parts = AppParts(definition=_nothing, tasks=self.tasks.of_spec)
        more = app_object(state, app, embeds, now, parts)
        shown = orjson.Fragment(
            b"%s,%s" % (known.definition[:-1], orjson.dumps(more)[1:]) if more else known.definition
        )
        if _stands(embeds, is_deployed=known.lock is not None):
            if len(known.shown) >= _KINDS:
                known.shown.clear()
            known.shown[embeds] = shown
        return shown

    def trim(self, live: int) -> None:
        """Let go of what is long removed, where `live` apps are there now."""
        self.tasks.trim(live)
        if len(self._known) > 2 * live + _SPARE:
            self._known.clear()

    def _refresh(self, state: State, app: App) -> _EncodedApp:
        """What is kept of the app as it is now."""
        known = self._known.get(app.id)
        if known is None or known.app is not app:
            known = self._known[app.id] = _EncodedApp(app, orjson.dumps(encode_app(app)))
        stamp, lock, failure = state.instances.stamp(app.id), state.locks.get(app.id), state.failures.get(app.id)
        if known.stamp is not stamp or known.lock != lock or known.failure is not failure:
            known.stamp, known.lock, known.failure = stamp, lock, failure
            known.shown.clear()
        return known

    def _steps(self, state: State, apps: Iterable[App], embeds: Embeds) -> Iterator[None]:
        for app in apps:
            known = self._known.get(app.id)
            if known is None or known.app is not app:
                self._refresh(state, app)
                yield
            elif known.stamp is state.instances.stamp(app.id) and embeds in known.shown:
                continue
            if Embeds.TASKS in embeds:
                yield from self.tasks.steps(state, {app.id: ()})
                yield


def _nothing(_app: App) -> dict[str, object]:
    """Stands for a definition that is encoded already."""
    return {}


def _stands(embeds: Embeds, *, is_deployed: bool) -> bool:
    """Whether it holds for longer than this moment: lifetimes grow, delays end, readiness is heard of at any time."""
    return not embeds & (Embeds.TASK_STATS | Embeds.STATUS) and not (is_deployed and Embeds.READINESS in embeds)
