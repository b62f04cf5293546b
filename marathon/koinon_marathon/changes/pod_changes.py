"""From a body to the pod it means, and what requests about pods do to the tree (marathon-v2-api 12).

Pure. Versions and the rules of the whole tree come after it, as for apps.
"""

from datetime import datetime

import attrs

from ..definition.groups import Group, find_pod, find_top_group, put_spec, remove_spec
from ..definition.path_ids import PathId, path_id_problems, resolve
from ..definition.pod_bodies import PodBody, PodConstraint, pod_of
from ..definition.pods import Pod
from ..definition.problems import Problem, Rejection, invalid_object
from ..events import Transition
from ..normalization import Settings
from ..normalization.pods import complete_pod
from ..validation import SpecRules, read_constraints
from ..validation.pods import validate_pod
from .app_changes import allowed_roles


def submitted_pod_path(body: PodBody) -> PathId | Rejection:
    """The absolute id of a body."""
    problems = path_id_problems(body.id)
    return invalid_object(problems) if problems else resolve(body.id)


def define_pod(body: PodBody, root: Group, settings: Settings, now: datetime) -> Pod | Rejection:
    """The pod that a body defines in a tree. Its version is `now`, whatever the body says."""
    path = resolve(body.id)
    default_role, roles = allowed_roles(path, settings, find_top_group(root, path), find_pod(root, path))
    completed = complete_pod(body, attrs.evolve(settings, default_role=default_role))
    specs = [_words(constraint) for constraint in completed.placement.constraints]
    constraints, problems = read_constraints(specs)
    problems = [_inside_scheduling(problem) for problem in problems]
    pod = pod_of(completed, constraints, now)
    rules = SpecRules(features=settings.features, roles=roles, principal=settings.principal)
    problems += validate_pod(pod, rules)
    return invalid_object(problems) if problems else pod


def create_pod(body: PodBody, settings: Settings) -> Transition:
    """POST: 409 when the id is taken, by a definition that would do otherwise."""

    def create(root: Group, now: datetime) -> Group | Rejection:
        path = submitted_pod_path(body)
        if isinstance(path, Rejection):
            return path
        pod = define_pod(body, root, settings, now)
        if isinstance(pod, Rejection):
            return pod
        if find_pod(root, path) is not None:
            return Rejection(409, f"A pod with id [{path}] already exists.")
        return put_spec(root, pod)

    return create


def replace_pod(path: PathId, body: PodBody, settings: Settings) -> Transition:
    """PUT: the whole definition anew; the pod must be there and the body must mean it."""

    def replace(root: Group, now: datetime) -> Group | Rejection:
        if resolve(body.id) != path:
            return Rejection(400, f"'{path}' does not match definition's id ('{body.id}')")
        if find_pod(root, path) is None:
            return missing_pod(path)
        pod = define_pod(body, root, settings, now)
        return pod if isinstance(pod, Rejection) else put_spec(root, pod)

    return replace


def delete_pod(path: PathId) -> Transition:
    """DELETE: the definition goes, and with it the instances."""

    def delete(root: Group, _now: datetime) -> Group | Rejection:
        return missing_pod(path) if find_pod(root, path) is None else remove_spec(root, path)

    return delete


def missing_pod(path: PathId) -> Rejection:
    """The 404 of a change to a pod that is not there."""
    return Rejection(404, f"Pod '{path}' does not exist")


def _words(constraint: PodConstraint) -> tuple[str, ...]:
    words = (constraint.field_name, constraint.operator.value)
    return words if constraint.value is None else (*words, constraint.value)


def _inside_scheduling(problem: Problem) -> Problem:
    return problem.below("/scheduling/placement")
