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
