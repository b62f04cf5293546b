"""Parsers for what of Mesos's security is not there, so that asking for it ends in its name and not in an open daemon.

An unknown variable of the environment is somebody else's; one that asks for security must not be taken for that.
Which of them a daemon has is its config's. Annotate settings `Path | None`, so that `file:///path` is not read.
"""

from typing import Never

from .flag_values import parse_bool

ABSENT = "Must not be given."
ABSENT_GROUP = "Security that is not there yet (refused)"
_WHY = "this is not there yet, and would not protect"


def parse_absent_switch(text: str) -> bool:
    """False; raises ValueError for anything else."""
    if parse_bool(text):
        raise ValueError(_WHY)
    return False


def parse_absent_setting(_text: str) -> Never:
    """Raises ValueError: whatever the value, it can't be honoured."""
    raise ValueError(_WHY)
