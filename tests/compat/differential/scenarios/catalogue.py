"""The list that scenarios are put on by their decorator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from attrs import frozen

from ..script import Script

Play = Callable[[Script], Awaitable[None]]


@frozen(kw_only=True)
class Scenario:
    """A name, what is played, and whether it needs a cluster of its own, since it leaves it changed for good."""

    name: str
    play: Play
    alone: bool = False


CATALOGUE: dict[str, Scenario] = {}


def scenario(play: Play) -> Play:
    """Put a scenario on the list."""
    name = getattr(play, "__name__", "")
    CATALOGUE[name] = Scenario(name=name, play=play)
    return play


def lonely_scenario(play: Play) -> Play:
    """Put a scenario on the list that wants a cluster nobody used before or will use after."""
    name = getattr(play, "__name__", "")
    CATALOGUE[name] = Scenario(name=name, play=play, alone=True)
    return play
