"""Who is next: clients (roles, or frameworks within a role) by dominant share (mesos-semantics 5.3).

Knows paths: siblings are compared at each level of a role tree, and clients of an inner role compete with its child
roles as if they were one more child. Names without a slash are a tree of one level. Who a client is, what an agent has
and whether an offer is welcome belong to the allocator.
"""

from __future__ import annotations

from collections.abc import Collection

from koinon_core.quantities import Quantities, dominant_share

_Key = tuple[tuple[float, int, str], ...]
_NONE = Quantities()


class _Node:
    """What is allocated to one place in the tree, and how many allocations it has had."""

    __slots__ = ("amount", "count")

    def __init__(self) -> None:
        self.amount = _NONE
        self.count = 0


class DrfSorter:
    """Orders its active clients, the one with the smallest share first. Ties: fewer allocations, then the name."""

    def __init__(self, excluded_names: Collection[str] = ()) -> None:
        self._excluded = frozenset(excluded_names)
        self._total = _NONE
        self._active: dict[str, bool] = {}
        self._paths: dict[str, tuple[str, ...]] = {}
        self._nodes: dict[str, _Node] = {}
        self._families: dict[str, set[str]] = {}
        self._keys: dict[str, _Key] = {}
        self._order: list[str] | None = None

    def __len__(self) -> int:
        return len(self._active)

    def add(self, client: str) -> None:
        """Let a client in, not active yet."""
        if client in self._active:
            return
        path = _path(client)
        self._active[client] = False
        self._paths[client] = path
        self._families.setdefault(path[0], set()).add(client)
        for node in path:
            self._nodes.setdefault(node, _Node())

    def remove(self, client: str) -> None:
        """Forget a client. Its allocations must have been taken back before."""
        if self._active.pop(client, None) is None:
            return
        family = self._families[self._paths[client][0]]
        family.discard(client)
        kept = {node for member in family for node in self._paths[member]}
        for node in self._paths.pop(client):
            if node not in kept:
                self._nodes.pop(node, None)
        if not family:
            del self._families[_path(client)[0]]
        self._keys.pop(client, None)
        self._order = None

    def set_active(self, client: str, is_active: bool) -> None:
        """Whether the client takes part in the order."""
        if self._active[client] is not is_active:
            self._active[client] = is_active
            self._order = None

    def has_active(self) -> bool:
        """Whether anybody takes part in the order."""
        return any(self._active.values())

    def set_total(self, total: Quantities) -> None:
        """What the whole cluster has; shares are parts of it."""
        self._total = total
        self._keys.clear()
        self._order = None

    def allocate(self, client: str, amount: Quantities) -> None:
        """Count one allocation of a client."""
        for node in self._touch(client):
            node.amount = node.amount + amount
            node.count += 1

    def release(self, client: str, amount: Quantities) -> None:
        """Take back what was allocated, or a part of it. The number of allocations stays: it says who had turns."""
        for node in self._touch(client):
            node.amount = node.amount - amount

    def allocated(self, client: str) -> Quantities:
        """What a client holds itself, without the roles beneath it."""
        return self._nodes[self._paths[client][-1]].amount

    def share(self, client: str) -> float:
        """The dominant share of what a client holds itself."""
        return dominant_share(self.allocated(client), self._total, self._excluded)

    def order(self) -> list[str]:
        """The active clients, the one that is next first. Not to be changed by the caller."""
        if self._order is None:
            self._order = sorted((name for name, is_active in self._active.items() if is_active), key=self._key)
        return self._order

    def _touch(self, client: str) -> list[_Node]:
        path = self._paths[client]
        for member in self._families[path[0]]:
            self._keys.pop(member, None)
        self._order = None
        return [self._nodes[node] for node in path]

    def _key(self, client: str) -> _Key:
        key = self._keys.get(client)
        if key is None:
            key = tuple(self._rank(name) for name in self._paths[client])
            self._keys[client] = key
        return key

    def _rank(self, name: str) -> tuple[float, int, str]:
        node = self._nodes[name]
        return dominant_share(node.amount, self._total, self._excluded), node.count, name


def _path(client: str) -> tuple[str, ...]:
    """The nodes from the top down to the client, then its own leaf: ``a/b`` is ``a``, ``a/b``, ``a/b/.``."""
    parts = client.split("/")
    return (*("/".join(parts[: depth + 1]) for depth in range(len(parts))), f"{client}/.")
