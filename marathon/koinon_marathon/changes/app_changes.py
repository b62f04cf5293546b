"""From a submission to the app it means: translate, merge, complete, build, validate, in Marathon's order of checks.

Marathon-v2-api 3.4. Conflicts with other apps, service ports and versions come after, over the whole tree.
"""

from datetime import datetime

import attrs

from ..definition.apps import App, AppUpdate
from ..definition.groups import Group, find_app, find_top_group
from ..definition.legacy import Submission
from ..definition.path_ids import PathId, path_id_problems, resolve, segments
from ..definition.problems import INVALID_JSON, Problem, Rejection, invalid_object
from ..definition.run_specs import RunSpec
from ..normalization import Settings, complete, translate
from ..validation import SpecRules, read_constraints, validate_app
from .patch import build, merge

_VERSION_ALONE = "The 'version' field may only be combined with the 'id' field."


@attrs.frozen(kw_only=True)
class AppContext:
    """Where a submission is heard: its app's id, the definition it would replace, roles, settings and the time."""

    path: PathId
    now: datetime
    settings: Settings = attrs.field(factory=Settings)
    existing: App | None = None
    top_group: Group | None = None


def app_context(root: Group, path: PathId, settings: Settings, now: datetime) -> AppContext:
    """The context of one app in a tree."""
    return AppContext(
        path=path, now=now, settings=settings, existing=find_app(root, path), top_group=find_top_group(root, path)
    )


def submitted_path(submission: Submission) -> PathId | Rejection:
    """The absolute id of a submission that must carry one: POST, and each element of a PUT or PATCH of many."""
    text = submission.update.id
    if text is None:
        return Rejection(422, INVALID_JSON, (Problem("/id", "error.path.missing"),))
    problems = path_id_problems(text)
    return invalid_object(problems) if problems else resolve(text)


def define_app(submission: Submission, context: AppContext) -> App | Rejection:
    """The app that a complete submission defines: POST, and PUT with `partialUpdate=false`."""
    update = translate(submission, context.settings, creates=True)
    return update if isinstance(update, Rejection) else _finish(update, context)


def update_app(submission: Submission, context: AppContext) -> App | Rejection:
    """The app after a partial update (PUT and PATCH); without an existing one the update must be complete.

    A body with `version` asks for a stored definition: see `rollback_version`, which is asked first.
    """
    update = translate(submission, context.settings, creates=context.existing is None)
    if isinstance(update, Rejection):
        return update
    return _finish(update if context.existing is None else merge(context.existing, update), context)


def rollback_version(submission: Submission) -> datetime | Rejection | None:
    """The version that a PUT or PATCH wants back, None for an ordinary update (marathon-v2-api 3.7)."""
    version = submission.update.version
    if version is None:
        return None
    others = attrs.evolve(submission, update=attrs.evolve(submission.update, id=None, version=None))
    if others != Submission(AppUpdate()):
        return invalid_object([Problem("/", _VERSION_ALONE)])
    return version


def _finish(update: AppUpdate, context: AppContext) -> App | Rejection:
    default_role, roles = allowed_roles(context.path, context.settings, context.top_group, context.existing)
    completed = complete(update, attrs.evolve(context.settings, default_role=default_role))
    constraints, problems = read_constraints(completed.constraints or ())
    app = build(completed, context.path, constraints, context.now)
    problems += validate_app(
        app, SpecRules(features=context.settings.features, roles=roles, principal=context.settings.principal)
    )
    return invalid_object(problems) if problems else app


def allowed_roles(
    path: PathId, settings: Settings, top_group: Group | None, existing: RunSpec | None
) -> tuple[str, tuple[str, ...]]:
    """The role an app or a pod gets unsaid, and all it may have (marathon-semantics 6)."""
    default = settings.default_role
    kept = () if existing is None else (existing.role,)
    words = segments(path)
    if len(words) < 2:
        return default, _distinct(default, *kept)
    group_role = words[0]
    if settings.new_group_enforce_role if top_group is None else top_group.enforce_role:
        return group_role, _distinct(group_role, *kept)
    return default, _distinct(default, group_role, *kept)


def _distinct(*roles: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(roles))
