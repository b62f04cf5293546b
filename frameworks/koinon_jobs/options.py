"""What the machine is told once: values that do not change while it runs. Times are seconds."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Options:
    """How this framework behaves."""

    roles: tuple[str, ...] = ("*",)
    """Whose offers come; a job without a role takes those of the first."""
    unreachable_timeout: float = 600.0
    """After which the task of an agent that is cut off is given up; it is killed should it come back."""
    ask_after: float = 60.0
    """After which a launch of which nothing was heard, or a kill, is asked about again."""
    reconcile_every: float = 600.0
    refuse_seconds: float = 5.0
    """For how long an offer that does not serve is refused."""
