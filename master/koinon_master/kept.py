"""What views have made of a thing, kept with the thing itself and dropped by whatever changes it.

A class that says ``define(on_setattr=renew)`` and has a field ``kept`` gets a fresh ``Kept`` at each assignment to any
other field. What lies in its ``HeldDict`` and ``HeldSet`` fields has versions of its own: putting in, taking out, and
any assignment to a thing inside (``renew_with_holders``) renew those of the field and of the ``Chunk`` where the thing
lies. So nobody who changes a thing needs to know of views; to see that nothing changed costs one look, and to find the
few things of many that did costs one look for each chunk. The views alone read what is kept and write into it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, TypeVar

from attrs import field, setters

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")
CHUNK_SIZE = 16
"""A change has one chunk joined anew, of as many things; a document is joined of all chunks. This keeps both few."""


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
    """A hook for attrs, for things that lie in ``HeldDict``s: the chunks that hold it have changed as well."""
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
    """What is changed in place."""

    kept: Kept

    def touch(self) -> None:
        """It changed."""
        self.kept = Kept()


class Chunk(_Held):
    """A few of the things of a ``HeldDict``, neighbours in its order."""

    def __init__(self, whole: _Held) -> None:
        self.whole, self.kept = whole, Kept()
        self.things: list[Any] = []

    def touch(self) -> None:
        """One of its things changed, and so did the whole."""
        self.kept = Kept()
        self.whole.touch()


class HeldDict(_Held, dict[KeyT, ValueT]):
    """A dict of things with ``holders``, each at most once.

    ``chunks`` has the same things in the same order. A chunk that loses things is not filled again unless it is the
    last: at worst each holds one thing, and costs what that one would cost alone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.kept = Kept()
        self.chunks: list[Chunk] = []

    def _chunk_of(self, thing: Any) -> Chunk:
        found: Chunk = next(chunk for chunk in thing.holders if chunk.whole is self)
        return found

    def _release(self, thing: Any) -> Chunk:
        chunk = self._chunk_of(thing)
        thing.holders = tuple(holder for holder in thing.holders if holder is not chunk)
        return chunk

    def __setitem__(self, key: KeyT, value: ValueT) -> None:
        if key in self:
            chunk = self._release(self[key])
            chunk.things[chunk.things.index(self[key])] = value
        else:
            if not self.chunks or len(self.chunks[-1].things) >= CHUNK_SIZE:
                self.chunks.append(Chunk(self))
            chunk = self.chunks[-1]
            chunk.things.append(value)
        super().__setitem__(key, value)
        value.holders = (*value.holders, chunk)  # type: ignore[attr-defined]
        chunk.touch()

    def __delitem__(self, key: KeyT) -> None:
        chunk = self._release(self[key])
        chunk.things.remove(self[key])
        if not chunk.things:
            self.chunks.remove(chunk)
        super().__delitem__(key)
        chunk.touch()

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
        for thing in self.values():
            self._release(thing)
        self.chunks.clear()
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

    def __init__(self) -> None:
        super().__init__()
        self.kept = Kept()

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
    return field(factory=HeldDict)


def held_set() -> Any:
    """A field that holds a ``HeldSet`` of its own."""
    return field(factory=HeldSet)
