"""What can go wrong in an agent, apart from its containers (``containerizer/errors.py``)."""

from pathlib import Path

from attrs import frozen

from koinon_daemon.errors import DaemonError, ExitCode


class AgentError(DaemonError):
    """The root of this package's errors."""


@frozen
class UnknownRecord(AgentError):
    """A broken promise: a record of a kind that the image does not know."""

    kind: str

    def __str__(self) -> str:
        return f"records of the kind {self.kind} are unknown"


@frozen
class CorruptCheckpoint(AgentError):
    """Fatal: a record that was written whole can't be read. Nothing was changed; ``line`` counts from 1."""

    path: Path
    line: int
    why: str

    def __str__(self) -> str:
        return (
            f"{self.path}, line {self.line} can't be read: {self.why}. Restore the file, or move it away to start as a "
            "new agent (running tasks of the old one are then killed)"
        )


@frozen
class WorkDirTaken(AgentError):
    """The caller's fault: another agent runs on the same work directory."""

    path: Path

    def __str__(self) -> str:
        return f"another agent runs on this work directory: {self.path} is locked"


@frozen
class WorkDirUnusable(AgentError):
    """The caller's fault: the work directory can't be read or written."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"--work_dir: {self.path} can't be used: {self.why}"


@frozen
class IncompatibleAgent(AgentError):
    """The caller's fault: the flags changed so that what runs here no longer fits."""

    exit_code = ExitCode.USAGE

    problem: str

    def __str__(self) -> str:
        return self.problem


@frozen
class TaskUnreachable(AgentError):
    """A check can't reach its task. The check fails, and says this."""

    why: str

    def __str__(self) -> str:
        return self.why
