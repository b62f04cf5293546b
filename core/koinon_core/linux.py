"""How the kernel keeps a container in: capabilities, seccomp, namespaces, limits, a terminal (mesos-v1-api 4.4)."""

from __future__ import annotations

from enum import Enum

from attrs import frozen


class Capability(Enum):
    """A privilege: a thousand and the kernel's own number for it."""

    UNKNOWN = 0
    CHOWN = 1000
    DAC_OVERRIDE = 1001
    DAC_READ_SEARCH = 1002
    FOWNER = 1003
    FSETID = 1004
    KILL = 1005
    SETGID = 1006
    SETUID = 1007
    SETPCAP = 1008
    LINUX_IMMUTABLE = 1009
    NET_BIND_SERVICE = 1010
    NET_BROADCAST = 1011
    NET_ADMIN = 1012
    NET_RAW = 1013
    IPC_LOCK = 1014
    IPC_OWNER = 1015
    SYS_MODULE = 1016
    SYS_RAWIO = 1017
    SYS_CHROOT = 1018
    SYS_PTRACE = 1019
    SYS_PACCT = 1020
    SYS_ADMIN = 1021
    SYS_BOOT = 1022
    SYS_NICE = 1023
    SYS_RESOURCE = 1024
    SYS_TIME = 1025
    SYS_TTY_CONFIG = 1026
    MKNOD = 1027
    LEASE = 1028
    AUDIT_WRITE = 1029
    AUDIT_CONTROL = 1030
    SETFCAP = 1031
    MAC_OVERRIDE = 1032
    MAC_ADMIN = 1033
    SYSLOG = 1034
    WAKE_ALARM = 1035
    BLOCK_SUSPEND = 1036
    AUDIT_READ = 1037
    PERFMON = 1038
    BPF = 1039
    CHECKPOINT_RESTORE = 1040


@frozen
class CapabilityInfo:
    """A set of capabilities."""

    capabilities: tuple[Capability, ...] = ()


@frozen(kw_only=True)
class SeccompInfo:
    """Which system calls are let through."""

    profile_name: str | None = None
    unconfined: bool | None = None


class IpcMode(Enum):
    """Whose shared memory and semaphores a container sees."""

    UNKNOWN = 0
    PRIVATE = 1
    SHARE_PARENT = 2


@frozen(kw_only=True)
class LinuxInfo:
    """What is asked of Linux for a container; ``shm_size`` in MB. ``capability_info`` is the older bounding set."""

    capability_info: CapabilityInfo | None = None
    bounding_capabilities: CapabilityInfo | None = None
    effective_capabilities: CapabilityInfo | None = None
    share_pid_namespace: bool | None = None
    seccomp: SeccompInfo | None = None
    ipc_mode: IpcMode | None = None
    shm_size: int | None = None
    share_cgroups: bool = True


class RLimitType(Enum):
    """What a limit of the kernel is about."""

    UNKNOWN = 0
    RLMT_AS = 1
    RLMT_CORE = 2
    RLMT_CPU = 3
    RLMT_DATA = 4
    RLMT_FSIZE = 5
    RLMT_LOCKS = 6
    RLMT_MEMLOCK = 7
    RLMT_MSGQUEUE = 8
    RLMT_NICE = 9
    RLMT_NOFILE = 10
    RLMT_NPROC = 11
    RLMT_RSS = 12
    RLMT_RTPRIO = 13
    RLMT_RTTIME = 14
    RLMT_SIGPENDING = 15
    RLMT_STACK = 16


@frozen(kw_only=True)
class RLimit:
    """A limit; neither number set means none."""

    type: RLimitType | None = None
    hard: int | None = None
    soft: int | None = None


@frozen
class RLimitInfo:
    """The limits of a container, wrapped as the API wraps them."""

    rlimits: tuple[RLimit, ...] = ()


@frozen(kw_only=True)
class WindowSize:
    """The size of a terminal in characters."""

    rows: int
    columns: int


@frozen
class TtyInfo:
    """A terminal for the container."""

    window_size: WindowSize | None = None


@frozen
class NetCls:
    """The class that a cgroup's packets are marked with."""

    classid: int | None = None


@frozen
class CgroupInfo:
    """What is known of a container's cgroup."""

    net_cls: NetCls | None = None
