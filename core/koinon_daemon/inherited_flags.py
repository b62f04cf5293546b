"""Flags of Mesos and Marathon that have no meaning here, so that unit files work as they are. Pure.

Those whose absence changes nothing that anybody relies on are taken, and their help says why they have no effect. Those
that guard, limit, run or report something are refused by name: to take them would weaken a cluster without a word.
Which flags these are is each daemon's own ``inherited_flags.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .flags import flag, flag_specs

TAKEN = "Taken from Mesos and Marathon, without effect"
NOT_TAKEN = "Refused when set"


def taken(why: str) -> Any:
    """Declare a flag, None by default, that has no effect, and ``why`` that is no loss."""
    return flag(None, help=why, group=TAKEN)


def refused(why: str, default: Any = None) -> Any:
    """Declare a flag that may have its default alone, and ``why``: what would not be done."""
    return flag(default, help=why, group=NOT_TAKEN)


def find_refusals(config: Any) -> Iterator[str]:
    """Each flag that would promise what is not kept, and why."""
    for spec in flag_specs(type(config)):
        if spec.group == NOT_TAKEN and getattr(config, spec.name) != spec.default:
            yield f"--{spec.name} is not supported: {spec.help}"
