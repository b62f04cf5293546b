"""What requests about apps do to the tree: the transitions that `Marathon.handle` runs (marathon-v2-api 3.4).

Pure. Each checks that its apps are there (or are not) and builds the new definitions; versions, service ports, rules
of the whole tree and locks come after it, in the machine.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from ..definition.apps import App
from ..definition.groups import Group, find_app, put_spec, remove_spec
from ..definition.legacy import Submission
from ..definition.path_ids import PathId, path_id_problems
from ..definition.problems import Rejection, invalid_object
from ..events import Transition
from ..normalization import Settings
from .app_changes import app_context, define_app, submitted_path, update_app

_NONE_KEPT: Mapping[PathId, App] = {}


@attrs.frozen(kw_only=True)
class Update:
    """How an update is meant: may it create (PUT), and is the body the whole definition (`partialUpdate=false`)?"""

    creates: bool = False
    is_whole: bool = False


def missing_app(path: PathId) -> Rejection:
    """The 404 of a change to an app that is not there."""
    return Rejection(404, f"App '{path}' does not exist")


def create_app(submission: Submission, settings: Settings) -> Transition:
    """POST: 409 when the id is taken, by a definition that would do otherwise."""

    def create(root: Group, now: datetime) -> Group | Rejection:
        path = submitted_path(submission)
        if isinstance(path, Rejection):
            return path
        app = define_app(submission, app_context(root, path, settings, now))
        if isinstance(app, Rejection):
            return app
        if find_app(root, path) is not None:
            return Rejection(409, f"An app with id [{path}] already exists.")
        return put_spec(root, app)

    return create


def change_app(path: PathId, submission: Submission, settings: Settings, update: Update) -> Transition:
    """PUT and PATCH of one app, whose id is the URL's."""

    def change(root: Group, now: datetime) -> Group | Rejection:
        return _changed(root, path, submission, _Meant(settings=settings, now=now, update=update))

    return change


def change_apps(
    submissions: Sequence[Submission], settings: Settings, update: Update, kept: Mapping[PathId, App] = _NONE_KEPT
) -> Transition:
    """PUT and PATCH of many, as one change; the first element at fault refuses all.

    `kept` are the definitions that elements with nothing but a version want back.
    """

    def change(root: Group, now: datetime) -> Group | Rejection:
        meant = _Meant(settings=settings, now=now, update=update)
        for index, submission in enumerate(submissions):
            path = submitted_path(submission)
            if isinstance(path, Rejection):
                return path.below(f"({index})")
            is_kept = path in kept and find_app(root, path) is not None
            changed = put_spec(root, kept[path]) if is_kept else _changed(root, path, submission, meant)
            if isinstance(changed, Rejection):
                return changed.below(f"({index})")
            root = changed
        return root

    return change


def restore_app(app: App) -> Transition:
    """PUT with a `version`: the stored definition again (marathon-v2-api 3.7)."""

    def restore(root: Group, _now: datetime) -> Group | Rejection:
        return missing_app(app.id) if find_app(root, app.id) is None else put_spec(root, app)

    return restore


def delete_app(path: PathId) -> Transition:
    """DELETE: the definition goes, and with it the tasks."""

    def delete(root: Group, _now: datetime) -> Group | Rejection:
        return missing_app(path) if find_app(root, path) is None else remove_spec(root, path)

    return delete


def keep_app(path: PathId) -> Transition:
    """Restart: the definition stays as it is."""

    def keep(root: Group, _now: datetime) -> Group | Rejection:
        return missing_app(path) if find_app(root, path) is None else root

    return keep


@attrs.frozen(kw_only=True)
class _Meant:
    settings: Settings
    now: datetime
    update: Update


def _changed(root: Group, path: PathId, submission: Submission, meant: _Meant) -> Group | Rejection:
    if find_app(root, path) is None:
        if not meant.update.creates:
            return missing_app(path)
        problems = path_id_problems(path)
        if problems:
            return invalid_object(problems)
    context = app_context(root, path, meant.settings, meant.now)
    app = (define_app if meant.update.is_whole else update_app)(submission, context)
    return app if isinstance(app, Rejection) else put_spec(root, app)
