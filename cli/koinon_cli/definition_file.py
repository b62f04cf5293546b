"""What a file defines: an app, several, a group or a pod, told by the fields as Marathon's resources are."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from attrs import frozen

from .errors import UsageFault
from .json_file import read_json, source_name

_GROUP_FIELDS = frozenset({"apps", "groups", "pods"})


class Kind(Enum):
    """A resource of Marathon's; the value is what people call it."""

    APPS = "apps"
    GROUP = "group"
    POD = "pod"


@frozen
class Definition:
    """What is to be had. ``bodies`` are several for apps alone: they change as one."""

    kind: Kind
    bodies: Sequence[dict[str, Any]]

    @property
    def ids(self) -> list[str]:
        """Absolute ids, as Marathon answers with them."""
        return ["/" + str(body.get("id", "")).strip("/") for body in self.bodies]


def read_definitions(name: str) -> list[Definition]:
    """All of a file (``-``: stdin), apps that stand side by side as one. Raises UsageFault."""
    document = read_json(name)
    if isinstance(document, dict) and "id" not in document and document.keys() == {"apps"}:
        document = document["apps"]  # as `GET /v2/apps` answers
    members = document if isinstance(document, list) else [document]
    if not members or not all(isinstance(member, dict) for member in members):
        raise UsageFault(
            f"{source_name(name)} must hold an app's, a group's or a pod's JSON object, or an array of them"
        )
    apps = [member for member in members if _kind(member) is Kind.APPS]
    for kind in (Kind.APPS, Kind.POD):
        if any(_kind(member) is kind and not member.get("id") for member in members):
            raise UsageFault(f"{source_name(name)} holds {kind.value} without an id")
    found = [Definition(_kind(member), (member,)) for member in members if _kind(member) is not Kind.APPS]
    return [*([Definition(Kind.APPS, apps)] if apps else []), *found]


def _kind(member: dict[str, Any]) -> Kind:
    if isinstance(member.get("containers"), list):
        return Kind.POD
    return Kind.GROUP if _GROUP_FIELDS & member.keys() else Kind.APPS
