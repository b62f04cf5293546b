"""Chronos's JSON as values and back: read as leniently as it read, its names kept."""

from __future__ import annotations

from ..codec import Codec, Strictness, json_name


def chronos_name(name: str) -> str:
    """A field as Chronos spells it."""
    return name if name == "output_file" else json_name(name)


CODEC = Codec(Strictness.LENIENT, chronos_name)
