"""What is wrong with something a person asked for: where, and a sentence that APIs show as it is."""

from __future__ import annotations

import attrs


@attrs.frozen
class Problem:
    """One thing that is wrong. ``path`` names the field as JSON has it (``$.schedule.cron``)."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"
