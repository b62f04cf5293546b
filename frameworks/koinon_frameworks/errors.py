"""What can go wrong in the SDK. What a master merely refuses is a value (``calls.CallFailure``), not one of these."""

from attrs import frozen

from koinon_daemon.errors import DaemonError, ExitCode


class FrameworksError(Exception):
    """The root of this package's errors."""


@frozen
class MasterAddressError(FrameworksError, ValueError):
    """The caller's fault: ``text`` does not say where a master is; ``why`` is a phrase for a person."""

    text: str
    why: str

    def __str__(self) -> str:
        return f"master address {self.text!r}: {self.why}"


@frozen
class PluginError(FrameworksError):
    """The plugin's fault: what stands behind the entry point ``name`` is no framework."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"framework {self.name}: {self.why}"


@frozen
class UnknownPluginError(FrameworksError):
    """The caller's fault: no installed package brings a framework of that name."""

    name: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"no framework is called {self.name!r}; installed: {', '.join(self.known) or 'none'}"


@frozen
class OptionError(FrameworksError, ValueError):
    """The caller's fault: an option of a framework is missing, unknown or wrong."""

    option: str
    why: str

    def __str__(self) -> str:
        return f"--{self.option}: {self.why}"


@frozen
class SubscriptionEnded(FrameworksError, DaemonError):
    """Fatal: the master would not have the framework, or would no longer; ``message`` is the master's."""

    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.kind} by the master: {self.message}"


@frozen
class UnknownRoleError(FrameworksError, ValueError):
    """The caller's fault: a role that the framework does not subscribe to."""

    role: str
    subscribed: tuple[str, ...]

    def __str__(self) -> str:
        return f"role {self.role!r} is none of this framework's: {', '.join(self.subscribed)}"


@frozen
class UnreadableRecord(FrameworksError):
    """Fatal: what is stored under ``key`` is no record of ours; ``why`` names the field. Nothing is skipped."""

    key: str
    why: str

    def __str__(self) -> str:
        return f"stored record {self.key} can't be read: {self.why}"


@frozen
class TaskNotStorable(FrameworksError, ValueError):
    """The caller's fault: a task of this id can't be put on record."""

    task_id: str
    why: str

    def __str__(self) -> str:
        return f"task {self.task_id!r} can't be put on record: {self.why}"


@frozen
class IdFileError(FrameworksError, DaemonError):
    """Fatal: the file that keeps a framework's id can't be read or written, or holds something else."""

    path: str
    why: str

    def __str__(self) -> str:
        return f"framework id in {self.path}: {self.why}"


@frozen
class EnvironmentProblem(FrameworksError, ValueError):
    """The caller's fault: an executor was started without a variable that its agent sets, or with a wrong one."""

    variable: str
    why: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.why}"


@frozen
class LeadershipEnded(DaemonError):
    """Fatal: this process can't go on leading. Whoever supervises it starts it again (marathon-semantics 23)."""

    reason: str
    exit_code: ExitCode = ExitCode.LOST_LEADERSHIP

    def __str__(self) -> str:
        return self.reason


@frozen
class InvalidWorkload(FrameworksError, ValueError):
    """The caller's fault: tasks that can't be run as they are described; ``problems`` name task and field."""

    problems: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join(self.problems)
