"""How a field of a value is spelled in JSON."""

import functools


@functools.cache
def json_name(field: str) -> str:
    """`task_kill_grace_period_seconds` is `taskKillGracePeriodSeconds` on the wire."""
    first, *rest = field.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)
