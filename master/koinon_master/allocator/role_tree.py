"""Roles as a tree of shares: siblings compete at each level, children in their parent's share (mesos-semantics 5.3).

Owns the order of roles, their weights and what each subtree holds. A role's own frameworks compete with its child roles
as if they were one more child. Whom of its frameworks a role serves is the framework sorter's that hangs on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from attrs import define, field

from .clients import Subscription
from .sorter import Claimant, RankKey, Sorter, Yardstick

_OWN = "."
"""What the frameworks directly in an inner role are called among its children."""

MakeSorter = Callable[[], Sorter["RoleNode"]]


@define(eq=False)
class RoleNode(Claimant):
    """A place in the tree: a role with all beneath it, or an inner role's own frameworks."""

    siblings: Sorter[RoleNode] = field(kw_only=True, repr=False)
    parent: RoleNode | None = field(kw_only=True, repr=False)
    role: Role | None = None
    children: Sorter[RoleNode] | None = None
    child_names: dict[str, RoleNode] = field(factory=dict, repr=False)
    own: RoleNode | None = None


@define(eq=False)
class Role:
    """A role that frameworks are in, or hold something in."""

    name: str
    top: str
    frameworks: Sorter[Subscription]
    node: RoleNode
    subscriptions: set[Subscription] = field(factory=set)
    has_own_minima: bool = False
    """Whether any of its frameworks ever said what least it wants to be offered."""

    @property
    def leaf(self) -> RoleNode:
        """The place that stands for the role's own frameworks alone."""
        return self.node.own or self.node


class RoleTree:
    """All roles that frameworks are in."""

    def __init__(
        self, yardstick: Yardstick, make_sorter: MakeSorter, make_framework_sorter: Callable[[], Sorter[Subscription]]
    ) -> None:
        self._yardstick = yardstick
        self._make_sorter = make_sorter
        self._make_framework_sorter = make_framework_sorter
        self._top = make_sorter()
        self._top_names: dict[str, RoleNode] = {}
        self._weights: Mapping[str, float] = {}
        self.roles: dict[str, Role] = {}

    def enter(self, name: str) -> Role:
        """The role of that name, made if need be."""
        role = self.roles.get(name)
        if role is None:
            node = self._place(name)
            role = Role(name, name.partition("/")[0], self._make_framework_sorter(), node)
            if node.child_names:
                self._split(node)
                self._own_of(node).role = role
            else:
                node.role = role
            self.roles[name] = role
        return role

    def leave(self, role: Role) -> None:
        """Forget a role that has no frameworks and holds nothing."""
        self.set_active(role, False)
        del self.roles[role.name]
        node = role.node
        node.role, node.own = None, None
        while not node.child_names and node.role is None:
            siblings = self._top_names if node.parent is None else node.parent.child_names
            del siblings[node.name]
            if node.parent is None:
                return
            node = node.parent
            if not node.child_names:
                self._join(node)

    def set_active(self, role: Role, is_active: bool) -> None:
        """Whether any framework of a role wants offers."""
        node: RoleNode | None = role.leaf
        while node is not None:
            takes_part = is_active or (node.children is not None and len(node.children) > 0)
            node.siblings.enlist(node, takes_part)
            node = node.parent

    def order(self) -> Iterator[Role]:
        """The active roles, the one that is next first."""
        return _walk(self._top)

    def allocate(self, role: Role, amounts: Mapping[str, int], turns: int = 1) -> None:
        """Count an allocation of a role, and of all above it."""
        node: RoleNode | None = role.leaf
        while node is not None:
            node.siblings.allocate(node, amounts, turns)
            node = node.parent

    def release(self, role: Role, amounts: Mapping[str, int]) -> None:
        """Take back what was allocated, or a part of it."""
        node: RoleNode | None = role.leaf
        while node is not None:
            node.siblings.release(node, amounts)
            node = node.parent

    def set_weights(self, weights: Mapping[str, float]) -> None:
        """All weights that are not 1."""
        self._weights = dict(weights)
        waiting = list(self._top_names.values())
        while waiting:
            node = waiting.pop()
            node.siblings.weigh(node, self._weights.get(node.name, 1.0))
            waiting.extend(node.child_names.values())

    def allocated(self, top: str) -> Mapping[str, int]:
        """What a top-level role and all beneath it hold, in thousandths."""
        node = self._top_names.get(top)
        return {} if node is None else node.amounts

    def top_allocations(self) -> Iterator[Mapping[str, int]]:
        """What each top-level role holds with all beneath it."""
        return (node.amounts for node in self._top_names.values())

    def shares(self) -> Mapping[str, float]:
        """The dominant share of what each role's own frameworks hold."""
        return {name: self._yardstick.share(role.leaf.amounts) for name, role in self.roles.items()}

    def siblings(self, node: RoleNode) -> list[RoleNode]:
        """All at its level, itself among them, whether they take part or not."""
        if node.parent is None:
            return list(self._top_names.values())
        own = node.parent.own
        return [*node.parent.child_names.values(), *(() if own is None else (own,))]

    def rank_of(self, role: Role) -> tuple[RankKey, ...]:
        """Where a role stands in an order by share: to be compared with other roles' at the same moment."""
        keys = []
        node: RoleNode | None = role.leaf
        while node is not None:
            keys.append(self._yardstick.rank(node))
            node = node.parent
        return tuple(reversed(keys))

    def _place(self, name: str) -> RoleNode:
        """The node of a role, with all above it."""
        parent: RoleNode | None = None
        parts = name.split("/")
        for depth in range(1, len(parts) + 1):
            path = "/".join(parts[:depth])
            names = self._top_names if parent is None else parent.child_names
            node = names.get(path)
            if node is None:
                node = self._make_node(path, parent)
                if parent is not None and parent.role is not None and parent.own is None:
                    self._split(parent)
                names[path] = node
            parent = node
        if parent is None:
            raise ValueError("a role has a name")
        return parent

    def _make_node(self, path: str, parent: RoleNode | None) -> RoleNode:
        if parent is not None and parent.children is None:
            parent.children = self._make_sorter()
        siblings = self._top if parent is None or parent.children is None else parent.children
        return RoleNode(path, weight=self._weights.get(path, 1.0), siblings=siblings, parent=parent)

    def _split(self, node: RoleNode) -> None:
        """A role got its first child, or its first framework beside children: its own become a child themselves."""
        if node.children is None:
            node.children = self._make_sorter()
        own = RoleNode(f"{node.name}/{_OWN}", siblings=node.children, parent=node, role=node.role)
        if node.role is not None:
            own.amounts, own.turns = dict(node.amounts), node.turns
            own.siblings.enlist(own, node.is_listed)
        node.own, node.role = own, None

    def _join(self, node: RoleNode) -> None:
        """A role lost its last child: its own frameworks are all there is."""
        if node.own is not None:
            node.own.siblings.enlist(node.own, False)
            node.role, node.own = node.own.role, None
        node.children = None

    def _own_of(self, node: RoleNode) -> RoleNode:
        if node.own is None:
            raise ValueError(f"{node.name} has no children")
        return node.own


def _walk(siblings: Sorter[RoleNode]) -> Iterator[Role]:
    for node in siblings.order():
        if node.role is not None:
            yield node.role
        elif node.children is not None:
            yield from _walk(node.children)
