"""What a change of a definition comes to, in a few words: `instances 2 -> 4, container.docker.image a -> b`."""

import json
from collections.abc import Mapping

from ..codec.specs import encode_spec
from ..definition.pods import Pod
from ..definition.run_specs import RunSpec
from .plans import ITS_OWN, field_changes

MOST_FIELDS, MOST_CHARACTERS = 6, 60


def change_words(old: RunSpec | None, new: RunSpec | None) -> str:
    """The fields that differ; of a new definition how many instances of what. Empty where nothing does."""
    if new is None:
        return ""
    if old is None:
        return _created(new)
    told = [_field(each) for each in field_changes(_encode(old), _encode(new))]
    more = len(told) - MOST_FIELDS
    return ", ".join(told[:MOST_FIELDS]) + (f" and {more} more" if more > 0 else "")


def runs(spec: RunSpec) -> str:
    """What an instance runs: an image, or else a command; of a pod each container by its name."""
    if isinstance(spec, Pod):
        return ", ".join(one.name if one.image is None else f"{one.name}: {one.image.id}" for one in spec.containers)
    docker = None if spec.container is None else spec.container.docker
    if docker is not None:
        return docker.image
    return spec.cmd or " ".join(spec.args)


def _created(spec: RunSpec) -> str:
    return f"{spec.instances} {'instance' if spec.instances == 1 else 'instances'} of {runs(spec)}"


def _encode(spec: RunSpec) -> dict[str, object]:
    return {name: value for name, value in encode_spec(spec).items() if name not in ITS_OWN}


def _field(change: Mapping[str, object]) -> str:
    name = str(change["path"]).removeprefix("/").replace("/", ".")
    if "to" not in change:
        return f"{name} removed"
    if "from" not in change:
        return f"{name} {_value(change['to'])} added"
    return f"{name} {_value(change['from'])} -> {_value(change['to'])}"


def _value(value: object) -> str:
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 3]}..."
