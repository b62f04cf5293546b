"""How far a pull has come, gathered from what the engine says of its layers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DONE = ("Pull complete", "Already exists", "Download complete")
_MEGABYTE = 1 << 20


class PullProgress:
    """One pull's layers: how many there are and are here, how many bytes of how many."""

    def __init__(self) -> None:
        self._layers: dict[str, tuple[int, int]] = {}
        self._done: set[str] = set()

    def feed(self, said: Mapping[str, Any]) -> None:
        """One line of the engine's."""
        layer, status, detail = said.get("id"), said.get("status"), said.get("progressDetail")
        if not isinstance(layer, str) or not isinstance(status, str) or status.startswith("Pulling from"):
            return
        current, total = self._layers.get(layer, (0, 0))
        if status == "Downloading" and isinstance(detail, Mapping):
            current, total = _number(detail.get("current")), _number(detail.get("total"))
        if status in _DONE:
            self._done.add(layer)
            current = total
        self._layers[layer] = (current, total)

    def __str__(self) -> str:
        """A sentence's part: ``2 of 5 layers, 12 of 80 MB``."""
        if not self._layers:
            return "nothing yet"
        current, total = (sum(figures) / _MEGABYTE for figures in zip(*self._layers.values(), strict=True))
        return f"{len(self._done)} of {len(self._layers)} layers, {current:.0f} of {total:.0f} MB"


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
