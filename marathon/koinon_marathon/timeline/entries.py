"""One thing that happened to an app or a pod, as a value with a sentence and the ids of all that took part in it."""

from enum import Enum

import attrs

from ..definition.run_specs import RunSpec


class Kind(Enum):
    """What it was; the value is the word of web/src/model/rows.ts."""

    REQUEST = "request"
    PLAN = "plan"
    OFFER = "offer"
    LAUNCH = "launch"
    STATUS = "status"
    HEALTH = "health"
    KILL = "kill"
    DEPLOYMENT = "deployment"


class Tone(Enum):
    """Whether it is good news."""

    GOOD = "good"
    BAD = "bad"
    PLAIN = "plain"


@attrs.frozen
class SpecChange:
    """A definition before and after a change; None where there was none, or is none any more."""

    old: RunSpec | None
    new: RunSpec | None


@attrs.frozen(kw_only=True)
class Entry:
    """`at` is in seconds since 1970; of what happened `count` times, `last` is when it did last.

    What a definition's `change` comes to in words is worked out when somebody reads, and stands behind the text.
    """

    at: float
    kind: Kind
    text: str
    tone: Tone = Tone.PLAIN
    count: int = 1
    last: float | None = None
    is_restored: bool = False
    change: SpecChange | None = None
    instance: str | None = None
    task: str | None = None
    agent: str | None = None
    host: str | None = None
    offer: str | None = None
    deployment: str | None = None
    version: str | None = None
