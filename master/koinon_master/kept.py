"""What views have made of a thing, kept with the thing itself and dropped by whatever changes it.

A class that says ``define(on_setattr=renew)`` and has a field ``kept`` gets a fresh ``Kept`` at each assignment to any
other field. What lies in one of its ``HeldDict`` or ``HeldSet`` fields counts as a part of it: putting in, taking out,
and any assignment to a thing inside (``renew_with_holders``) renew it, too. So nobody who changes a thing needs to know
of views, and to see that nothing changed costs one look. The views alone read what is kept and write into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Self, TypeVar

from attrs import Factory, field, setters

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


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


def renew_with_holders(changed: Any, attribute: Any, value: Any) -> Any:
    """A hook for attrs, for things that lie in ``HeldDict``s: those that hold it have changed as well."""
    for holder in changed.holders:
        holder.touch()
    return renew(changed, attribute, value)


def kept_field() -> Any:
    """The field ``kept`` of a class."""
    return field(factory=Kept, init=False, eq=False, repr=False, on_setattr=setters.NO_OP)


def holders_field() -> Any:
    """The field ``holders`` of a class whose things lie in ``HeldDict``s."""
    return field(default=(), init=False, eq=False, repr=False, on_setattr=setters.NO_OP)


class _Held:
    """A part of an owner that is changed in place. ``kept`` is what views made of this part alone."""

    owner: Any
    kept: Kept

    def touch(self) -> None:
        """It changed, and so did its owner."""
        self.kept = Kept()
        object.__setattr__(self.owner, "kept", Kept())

    def _adopt(self, thing: Any) -> None:
        if not any(holder is self for holder in thing.holders):
            thing.holders = (*thing.holders, self)

    def _release(self, things: Iterable[Any]) -> None:
        for thing in things:
            thing.holders = tuple(holder for holder in thing.holders if holder is not self)


class HeldDict(_Held, dict[KeyT, ValueT]):
    """A dict of things with ``holders``, each at most once."""

    def __init__(self, owner: Any) -> None:
        super().__init__()
        self.owner, self.kept = owner, Kept()

    def __setitem__(self, key: KeyT, value: ValueT) -> None:
        if key in self:
            self._release((self[key],))
        super().__setitem__(key, value)
        self._adopt(value)
        self.touch()

    def __delitem__(self, key: KeyT) -> None:
        self._release((self[key],))
        super().__delitem__(key)
        self.touch()

    def pop(self, key: KeyT, *default: Any) -> Any:
        """As of a dict."""
        if key not in self:
            return super().pop(key, *default)
        value = self[key]
        del self[key]
        return value

    def popitem(self, last: bool = True) -> tuple[KeyT, ValueT]:
        """As of an OrderedDict. Raises KeyError when it is empty."""
        key = next(reversed(self) if last else iter(self), None)
        return super().popitem() if key is None else (key, self.pop(key))

    def clear(self) -> None:
        """As of a dict."""
        self._release(self.values())
        super().clear()
        self.touch()

    def setdefault(self, key: KeyT, default: ValueT) -> ValueT:
        """As of a dict, with a thing to put in."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *others: Any, **named: Any) -> None:
        """As of a dict."""
        for key, value in dict(*others, **named).items():
            self[key] = value

    def __ior__(self, other: Any) -> Self:  # type: ignore[override, misc]
        self.update(other)
        return self


class HeldSet(_Held, set[ValueT]):
    """A set of values that never change."""

    def __init__(self, owner: Any) -> None:
        super().__init__()
        self.owner, self.kept = owner, Kept()

    __hash__ = object.__hash__  # type: ignore[assignment]


def _touching(name: str) -> Callable[..., Any]:
    change = getattr(set, name)

    def changed(self: HeldSet[Any], *arguments: Any) -> Any:
        try:
            return change(self, *arguments)
        finally:
            self.touch()

    return changed


for _name in (
    *("add", "discard", "remove", "pop", "clear", "update", "difference_update", "intersection_update"),
    *("symmetric_difference_update", "__ior__", "__iand__", "__isub__", "__ixor__"),
):
    setattr(HeldSet, _name, _touching(_name))


def held_dict() -> Any:
    """A field that holds a ``HeldDict`` of its own."""
    return field(default=Factory(HeldDict, takes_self=True))


def held_set() -> Any:
    """A field that holds a ``HeldSet`` of its own."""
    return field(default=Factory(HeldSet, takes_self=True))
