"""What becomes of an instance whose agent is out of reach, and when (marathon-semantics 17).

Marathon looks again only when it is told again; we keep a time for each instance, so that both times are kept exactly.
"""

from enum import Enum

import attrs

from ..definition.apps import Unreachable, UnreachableDisabled
from .instances import Condition, Goal, Instance


class LossVerdict(Enum):
    """What to do with a lost instance now."""

    KEEP = "keep"
    """It still counts: wait for its agent."""
    REPLACE = "replace"
    """It no longer counts, and lives on if it returns."""
    EXPUNGE = "expunge"
    """Forget it; should its task return, it is killed as unknown."""


@attrs.frozen
class Loss:
    """The verdict, and when (seconds since 1970) to ask again; None: never."""

    verdict: LossVerdict
    again_at: float | None = None


def judge_loss(instance: Instance, strategy: Unreachable, lost_since: float, now: float) -> Loss:
    """Judge an instance lost since `lost_since`. One that shall go anyway goes at once: nobody can kill it.

    One with a reservation waits for its agent, which has its data.
    """
    if instance.goal is Goal.DECOMMISSIONED:
        return Loss(LossVerdict.EXPUNGE)
    if isinstance(strategy, UnreachableDisabled) or instance.reservation is not None:
        return Loss(LossVerdict.KEEP)
    expunge_at = lost_since + strategy.expunge_after_seconds
    inactive_at = lost_since + strategy.inactive_after_seconds
    if now >= expunge_at:
        return Loss(LossVerdict.EXPUNGE)
    if now >= inactive_at or instance.condition is Condition.UNREACHABLE_INACTIVE:
        return Loss(LossVerdict.REPLACE, expunge_at)
    return Loss(LossVerdict.KEEP, min(inactive_at, expunge_at))
