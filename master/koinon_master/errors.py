"""What ends a master. Problems of frameworks and agents are values, not errors."""

from attrs import frozen

from koinon_daemon.errors import DaemonError, ExitCode


@frozen
class LeadershipLost(DaemonError):
    """Fatal: this master led and does no more. It exits, to be started again as a standby (mesos-semantics 1)."""

    exit_code = ExitCode.LOST_LEADERSHIP

    why: str

    def __str__(self) -> str:
        return f"leadership lost: {self.why}"


@frozen
class RegistryUnreadable(DaemonError):
    """Fatal: a record of the registry can't be read. A start stops here; nothing is skipped."""

    key: str
    why: str

    def __str__(self) -> str:
        return f"the registry's record {self.key} can't be read: {self.why}"


@frozen
class RegistryTimeout(DaemonError):
    """Fatal: the registry's store was away for longer than a leader may wait for it (mesos-semantics 12)."""

    flag: str
    seconds: float

    def __str__(self) -> str:
        return f"the registry did not answer within --{self.flag}={self.seconds:g}secs"


@frozen
class TooManyAgentsMissing(DaemonError):
    """Fatal: so many agents did not come back to a new leader that something else is wrong (mesos-semantics 3.2)."""

    missing: int
    known: int
    limit: str

    def __str__(self) -> str:
        return (
            f"{self.missing} of {self.known} agents did not come back in time, more than "
            f"--recovery_agent_removal_limit={self.limit}: none is marked unreachable"
        )


@frozen
class LeaderUnreadable(DaemonError):
    """Fatal: what stands in the election as the leader's data is no MasterInfo: the path is somebody else's."""

    why: str

    def __str__(self) -> str:
        return f"the leader's MasterInfo can't be read: {self.why}"


@frozen
class ElectionRefused(DaemonError):
    """Fatal: the quorum answers, but won't have this master (credentials, rights, address)."""

    exit_code = ExitCode.ZOOKEEPER_UNREACHABLE

    why: str

    def __str__(self) -> str:
        return self.why


@frozen
class AllocatorUnknown(DaemonError):
    """The caller's fault: no installed package brings an allocator of that name."""

    exit_code = ExitCode.PLUGIN_FAILED

    name: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"--allocator: no allocator is called {self.name!r}; there are: {', '.join(self.known)}"


@frozen
class AllocatorBroken(DaemonError):
    """The plugin's fault: what stands behind the entry point ``name`` makes no allocator."""

    exit_code = ExitCode.PLUGIN_FAILED

    name: str
    why: str

    def __str__(self) -> str:
        return f"--allocator={self.name}: {self.why}"


@frozen
class WorkDirUnusable(DaemonError):
    """The caller's fault: what must survive a restart can't be kept in ``--work_dir``."""

    exit_code = ExitCode.USAGE

    path: str
    why: str

    def __str__(self) -> str:
        return f"--work_dir: {self.path} can't be used: {self.why}"
