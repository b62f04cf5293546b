"""A pod's status in a few words."""

from __future__ import annotations

from typing import Any


def count_stable(status: dict[str, Any]) -> str:
    """How many of how many instances are stable, of a ``::status``."""
    stable = sum(instance["status"] == "STABLE" for instance in status["instances"])
    return f"{stable} of {(status['spec'].get('scaling') or {}).get('instances', 1)} stable"
