"""Kept versions of an app, a pod or a group: which there are, what each changed, and which one is meant."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from .errors import NotFound
from .settings import Settings, show_json

LAST = "last"
_MOST_COMPARED = 20
"""So many definitions are read to say what changed; older versions are listed by their time."""
_ITS_OWN = frozenset({"version", "versionInfo"})


def pick_version(settings: Settings, path: str, version: str) -> str:
    """The version itself, or for ``last`` the one before the present. Raises NotFound."""
    if version != LAST:
        return version
    versions = read_versions(settings, path)
    if len(versions) < 2:
        raise NotFound("there is no earlier version")
    return versions[1]


def read_versions(settings: Settings, path: str) -> list[str]:
    """Their times, newest first."""
    document = settings.ask_marathon("GET", path).document
    times: list[str] = document["versions"] if isinstance(document, dict) else document
    return sorted(times, reverse=True)


def show_versions(settings: Settings, path: str, as_json: bool) -> None:
    """List them with the fields that each changed."""
    if as_json:
        show_json(settings.ask_marathon("GET", path).document)
        return
    versions = read_versions(settings, path)
    compared = [_read(settings, path, version) for version in versions[:_MOST_COMPARED]]
    changes = [_differences(new, old) for new, old in pairwise(compared)]
    if len(versions) == len(compared):
        changes.append("all: the first that is kept")
    changes += ["-"] * (len(versions) - len(changes))
    settings.show_table(("VERSION", "CHANGED"), list(zip(versions, changes, strict=True)))


def _read(settings: Settings, path: str, version: str) -> dict[str, Any]:
    document: dict[str, Any] = settings.ask_marathon("GET", f"{path}/{version}").document
    return document


def _differences(new: dict[str, Any], old: dict[str, Any]) -> str:
    names = sorted((new.keys() | old.keys()) - _ITS_OWN)
    return ", ".join(name for name in names if new.get(name) != old.get(name)) or "nothing: restarted, or rolled back"
