"""Looks a move up in the literal table of a state machine. Which tables there are is each machine's own affair."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from .errors import InvalidTransition

StateT = TypeVar("StateT", bound=Enum)
EventT = TypeVar("EventT", bound=Enum | type)


def next_state(table: Mapping[tuple[StateT, EventT], StateT], subject: str, state: StateT, event: EventT) -> StateT:
    """The state that follows. Raises InvalidTransition, naming ``subject``, for a move that is not in the table."""
    after = table.get((state, event))
    if after is None:
        raise InvalidTransition(subject, str(state.value), _name(event))
    return after


def _name(event: Enum | type) -> str:
    return event.__name__ if isinstance(event, type) else str(event.value)
