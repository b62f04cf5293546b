"""How operations on resources stand and ended: ``master/operations/...``.

``total`` is how many are known now; what has ended was counted where it did.
"""

from __future__ import annotations

from collections import Counter

from koinon_core.offers import OperationType
from koinon_core.operations import OperationState

from ..state import ClusterState

_LAUNCHES = (OperationType.UNKNOWN, OperationType.LAUNCH, OperationType.LAUNCH_GROUP)
_TYPES = {one: one.name.lower() for one in OperationType if one not in _LAUNCHES}
_STANDING = (
    OperationState.OPERATION_PENDING,
    OperationState.OPERATION_RECOVERING,
    OperationState.OPERATION_UNREACHABLE,
)
_ENDED = tuple(one for one in OperationState if one.is_terminal)
_NAMES = {state: state.name.removeprefix("OPERATION_").lower() for state in (*_STANDING, *_ENDED)}


def read_operations(state: ClusterState) -> dict[str, float]:
    """Name -> number, by type and state, by state, by type."""
    standing: Counter[tuple[OperationType | None, OperationState]] = Counter()
    known: Counter[OperationType | None] = Counter()
    for agent in state.agents.values():
        for record in agent.operations.values():
            standing[record.info.type, record.latest_status.state] += 1
            known[record.info.type] += 1
    numbers: dict[str, float] = {f"master/operations/{state_name}": 0 for state_name in _NAMES.values()}
    for kind, kind_name in _TYPES.items():
        for stand, state_name in _NAMES.items():
            counted = state.operation_tallies if stand.is_terminal else standing
            numbers[f"master/operations/{kind_name}/{state_name}"] = counted[kind, stand]
            numbers[f"master/operations/{state_name}"] += counted[kind, stand]
        numbers[f"master/operations/{kind_name}/total"] = known[kind]
    numbers["master/operations/total"] = sum(known.values())
    return numbers
