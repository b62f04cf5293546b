"""Pods between Marathon's JSON and values, for `/v2/pods` and for the store (marathon-v2-api 12)."""

import attrs
import orjson

from koinon_frameworks.matching.constraints import Constraint

from ..definition.apps import VersionInfo
from ..definition.pod_bodies import PodBody, body_of, pod_of
from ..definition.pods import Pod
from ..definition.problems import INVALID_JSON, Problem, Rejection
from ..errors import UnreadableDefinition
from .decoding import parse_json
from .encoding import encode_value
from .limits import limit_problems
from .structure import structure, without_nulls


@attrs.frozen
class _Versions:
    """What the store's record has beside the pod as people read it."""

    version_info: VersionInfo


def decode_pod(body: bytes | object) -> PodBody | Rejection:
    """Read one pod, from bytes or as an already parsed member of a larger body."""
    parsed = parse_json(body) if isinstance(body, bytes) else body
    if isinstance(parsed, Rejection):
        return parsed
    found = structure(without_nulls(parsed), PodBody)
    problems = found if isinstance(found, list) else list(limit_problems(found))
    if problems or isinstance(found, list):
        return Rejection(422, INVALID_JSON, tuple(problems))
    return found


def encode_pod(pod: Pod) -> dict[str, object]:
    """The pod's JSON object."""
    encoded = encode_value(body_of(pod))
    if not isinstance(encoded, dict):
        raise TypeError(f"a pod became a {type(encoded).__name__}")
    return encoded


def encode_stored_pod(pod: Pod) -> dict[str, object]:
    """The pod with both of its versions, as the store keeps it."""
    return encode_pod(pod) | {"versionInfo": encode_value(pod.version_info)}


def dump_pod(pod: Pod) -> bytes:
    """The pod, versions included, as JSON."""
    return orjson.dumps(encode_stored_pod(pod))


def load_pod(record: bytes) -> Pod:
    """The pod that `dump_pod` wrote. Raises UnreadableDefinition, which names the first field at fault."""
    try:
        parsed = orjson.loads(record)
    except orjson.JSONDecodeError as error:
        raise UnreadableDefinition("", str(error)) from error
    return _loaded(structure(parsed, PodBody), structure(parsed, _Versions))


def _loaded(body: PodBody | list[Problem], versions: _Versions | list[Problem]) -> Pod:
    if isinstance(body, list):
        raise UnreadableDefinition(body[0].path, body[0].message)
    if isinstance(versions, list):
        raise UnreadableDefinition(versions[0].path, versions[0].message)
    if body.version is None:
        raise UnreadableDefinition("/version", "error.path.missing")
    constraints = tuple(Constraint(one.field_name, one.operator, one.value or "") for one in body.placement.constraints)
    pod = pod_of(body, constraints, body.version)
    return attrs.evolve(pod, version_info=versions.version_info)
