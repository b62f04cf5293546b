"""Moves of state machines: those in the table, and all others."""

from __future__ import annotations

from enum import Enum

import pytest

from koinon_core.errors import InvalidTransition
from koinon_core.transitions import next_state


class Lamp(Enum):
    """A machine of two states."""

    OFF = "off"
    ON = "on"


class Switch(Enum):
    """Its happenings by name."""

    PRESSED = "pressed"


class Burnt:
    """A happening that is a value."""


TABLE: dict[tuple[Lamp, Switch | type], Lamp] = {(Lamp.OFF, Switch.PRESSED): Lamp.ON, (Lamp.ON, Burnt): Lamp.OFF}


def test_move_in_the_table_leads_to_its_state() -> None:
    """Happenings are members of an Enum or types of events."""
    assert Lamp.ON is next_state(TABLE, "lamp", Lamp.OFF, Switch.PRESSED)
    assert Lamp.OFF is next_state(TABLE, "lamp", Lamp.ON, Burnt)


@pytest.mark.parametrize(("state", "event", "name"), [(Lamp.ON, Switch.PRESSED, "pressed"), (Lamp.OFF, Burnt, "Burnt")])
def test_move_that_is_not_in_the_table_is_refused(state: Lamp, event: Switch | type, name: str) -> None:
    """The error names the thing, its state and what happened."""
    with pytest.raises(InvalidTransition) as refusal:
        next_state(TABLE, "lamp", state, event)

    assert InvalidTransition("lamp", state.value, name).args == refusal.value.args
