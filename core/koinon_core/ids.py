"""The identifiers of the field, each a type of its own, and the makers of those that a master hands out.

Formats are inherited (mesos-semantics 2): ``<master uuid>-0000`` for frameworks, ``-S0`` for agents, ``-O0`` for
offers. Whoever needs a random id passes the randomness in; nothing here draws it.
"""

from typing import NewType

FrameworkId = NewType("FrameworkId", str)
AgentId = NewType("AgentId", str)
OfferId = NewType("OfferId", str)
TaskId = NewType("TaskId", str)
ExecutorId = NewType("ExecutorId", str)
ContainerId = NewType("ContainerId", str)
OperationId = NewType("OperationId", str)
ResourceProviderId = NewType("ResourceProviderId", str)
StreamId = NewType("StreamId", str)
Uuid = NewType("Uuid", bytes)
"""The sixteen raw bytes of a UUID: what a status update carries and its acknowledgement repeats."""

MAX_ID_LENGTH = 255


def make_framework_id(master_id: str, number: int) -> FrameworkId:
    """The id of the ``number``-th framework (from 0) that this master admitted."""
    return FrameworkId(f"{master_id}-{number:04d}")


def make_agent_id(master_id: str, number: int) -> AgentId:
    """The id of the ``number``-th agent (from 0) that this master admitted."""
    return AgentId(f"{master_id}-S{number}")


def make_offer_id(master_id: str, number: int) -> OfferId:
    """The id of the ``number``-th offer (from 0) that this master made."""
    return OfferId(f"{master_id}-O{number}")


def find_id_problem(value: str) -> str | None:
    """Say in Mesos's words what is wrong with an id that a framework chose (task, executor, volume), or None.

    mesos-semantics 2: 1 to 255 characters, no slash, backslash or control character, not ``.`` or ``..``:
    ids become directory names in the sandbox.
    """
    if not value:
        return "ID must not be empty"
    if len(value) > MAX_ID_LENGTH:
        return f"ID must not be greater than {MAX_ID_LENGTH} characters"
    if value in (".", ".."):
        return f"'{value}' is disallowed"
    if any(character in "/\\" or ord(character) < 0x20 or ord(character) == 0x7F for character in value):
        return f"'{value}' contains invalid characters"
    return None
