"""What views have made of a thing, kept with the thing itself and dropped by whatever is assigned to it.

A class that says ``define(on_setattr=renew)`` and has a field ``kept`` gets a fresh ``Kept`` at each assignment to any
other field, so that nobody who changes it needs to know of views. Fields that are changed in place (dicts, sets) are
not seen: views compare those themselves. The views alone read it and write into it.
"""

from __future__ import annotations

from typing import Any

from attrs import field, setters


class Kept(dict[str, Any]):
    """By name of the view. Equal to itself alone: as a part of a key it stands for one version of one thing."""

    __slots__ = ()
    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__  # type: ignore[assignment]  # a dict has none


def renew(changed: Any, _attribute: Any, value: Any) -> Any:
    """A hook for attrs: what was kept of the thing is of an older version now."""
    # Past the hooks, as an assignment of ours would call this one again.
    object.__setattr__(changed, "kept", Kept())
    return value


def kept_field() -> Any:
    """The field ``kept`` of a class."""
    return field(factory=Kept, init=False, eq=False, repr=False, on_setattr=setters.NO_OP)
