"""Amounts beside those of the definition itself: limits above what is asked for, and what an executor takes.

Marathon-v2-api 3.3. Of apps and pods alike.
"""

from enum import Enum

import attrs


class Unlimited(Enum):
    """No limit at all; the value is the word on the wire."""

    UNLIMITED = "unlimited"


Limit = float | Unlimited
"""Cores or MiB up to which a task may go beyond what is set aside for it."""


@attrs.frozen(kw_only=True)
class ResourceLimits:
    """How far a task may burst; `None`: no further than it asked for."""

    cpus: Limit | None = None
    mem: Limit | None = None


@attrs.frozen(kw_only=True)
class ExecutorResources:
    """What is set aside for the executor beside its tasks. cpus are cores, mem and disk MiB."""

    cpus: float = 0.1
    mem: float = 32.0
    disk: float = 10.0
