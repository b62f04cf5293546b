"""Apps as the API shows them: filters, counts and what may be embedded (marathon-v2-api 3.1, 3.2, 3.8)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import Flag, auto

import attrs

from ..codec import encode_app
from ..definition.apps import App
from ..definition.path_ids import PathId
from ..definition.problems import Rejection
from ..instance.instances import TaskFailure
from ..state import State
from ..timestamps import format_seconds, format_timestamp
from .app_status import AppStatus, app_status
from .health import readiness_results
from .label_selector import LabelSelector, UnreadableSelector, parse_selector
from .task_statistics import Counts, task_statistics
from .tasks import app_tasks

EncodeApp = Callable[[App], dict[str, object]]
ShowTasks = Callable[[State, PathId], Sequence[object]]
ShowApp = Callable[[State, App, "Embeds", float], object]
_PREFIXES = ("group.apps.", "apps.", "app.")


class Embeds(Flag):
    """What to add to an app."""

    NOTHING = 0
    TASKS = auto()
    COUNTS = auto()
    DEPLOYMENTS = auto()
    READINESS = auto()
    LAST_TASK_FAILURE = auto()
    TASK_STATS = auto()
    STATUS = auto()
    """Ours: the word of `app_status`, which clients of Marathon do not know and must ask for."""


LIST_EMBEDS = Embeds.COUNTS | Embeds.DEPLOYMENTS
APP_EMBEDS = Embeds.COUNTS | Embeds.TASKS | Embeds.DEPLOYMENTS | Embeds.LAST_TASK_FAILURE
_NAMES = {
    "tasks": Embeds.TASKS | Embeds.DEPLOYMENTS,
    "counts": Embeds.COUNTS,
    "deployments": Embeds.DEPLOYMENTS,
    "readiness": Embeds.READINESS,
    "lastTaskFailure": Embeds.LAST_TASK_FAILURE,
    "failures": Embeds.LAST_TASK_FAILURE | Embeds.TASKS | Embeds.DEPLOYMENTS,
    "taskStats": Embeds.TASK_STATS,
    "status": Embeds.STATUS,
}


@attrs.frozen(kw_only=True)
class AppFilter:
    """Which apps to list: parts of `cmd` and id in any case, and a label selector; None asks for nothing."""

    cmd: str | None = None
    id: str | None = None
    label: str | None = None


@attrs.frozen(kw_only=True)
class AppParts:
    """Where what costs most of an app comes from: its definition, as an object to be added to, and its tasks."""

    definition: EncodeApp = encode_app
    tasks: ShowTasks = app_tasks


def embeds_of(values: Iterable[str]) -> Embeds:
    """The embeds that a query's values name, with or without prefix; what is unknown adds nothing."""
    found = Embeds.NOTHING
    for value in values:
        prefix = next((each for each in _PREFIXES if value.startswith(each)), "")
        found |= _NAMES.get(value.removeprefix(prefix), Embeds.NOTHING)
    return found


_PLAIN = AppParts()


def select_apps(state: State, wanted: AppFilter) -> list[App] | Rejection:
    """The apps that pass the filter, in order of their ids; 422 for a selector that can't be read."""
    selector = LabelSelector(()) if wanted.label is None else parse_selector(wanted.label)
    if isinstance(selector, UnreadableSelector):
        return Rejection(422, str(selector))
    return [app for _, app in sorted(state.apps().items()) if _passes(app, wanted) and selector.matches(app.labels)]


def app_object(state: State, app: App, embeds: Embeds, now: float, parts: AppParts = _PLAIN) -> dict[str, object]:
    """An app with what is asked for."""
    shown = parts.definition(app)
    if Embeds.COUNTS in embeds:
        shown |= _counts(state, app).in_app()
    if Embeds.DEPLOYMENTS in embeds:
        lock = state.locks.get(app.id)
        shown["deployments"] = [] if lock is None else [{"id": lock}]
    if Embeds.TASKS in embeds:
        shown["tasks"] = parts.tasks(state, app.id)
    if Embeds.READINESS in embeds:
        shown["readinessCheckResults"] = readiness_results(state, app.id)
    failure = state.failures.get(app.id)
    if Embeds.LAST_TASK_FAILURE in embeds and failure is not None:
        shown["lastTaskFailure"] = failure_object(failure)
    if Embeds.TASK_STATS in embeds:
        shown["taskStats"] = task_statistics(state, app, state.instances.of_spec(app.id).values(), now)
    if Embeds.STATUS in embeds:
        shown["status"] = status_object(app_status(state, app, _counts(state, app), now))
    return shown


def status_object(status: AppStatus) -> dict[str, object]:
    """The word for how an app is, why, and until when a delayed one waits."""
    shown: dict[str, object] = {"word": status.word.value}
    if status.why is not None:
        shown["why"] = status.why
    if status.until is not None:
        shown["until"] = format_seconds(status.until)
    return shown


def kept_versions(state: State, spec_id: PathId) -> list[str]:
    """The kept versions of an app or a pod, newest first."""
    return [format_timestamp(version) for version in sorted(state.versions.get(spec_id, ()), reverse=True)]


def app_version(state: State, spec_id: PathId, version: datetime) -> App | None:
    """An app as it was at a version."""
    found = state.versions.get(spec_id, {}).get(version)
    return found if isinstance(found, App) else None


def failure_object(failure: TaskFailure) -> dict[str, object]:
    """`lastTaskFailure`."""
    shown: dict[str, object] = {
        "appId": failure.spec_id,
        "host": failure.host,
        "message": failure.message,
        "state": failure.state.name,
        "taskId": failure.task_id,
        "timestamp": format_seconds(failure.at),
        "version": format_timestamp(failure.version),
    }
    if failure.agent_id is not None:
        shown["slaveId"] = failure.agent_id
    return shown


def _passes(app: App, wanted: AppFilter) -> bool:
    if wanted.cmd is not None and (app.cmd is None or wanted.cmd.lower() not in app.cmd.lower()):
        return False
    return wanted.id is None or wanted.id.lower() in app.id.lower()


def _counts(state: State, app: App) -> Counts:
    return Counts.of(state, state.instances.of_spec(app.id).values())
