"""What a container asks of Linux: system calls and shared memory (marathon-v2-api 4.3). Of apps and pods alike."""

from enum import Enum

import attrs


@attrs.frozen(kw_only=True)
class Seccomp:
    """Which system calls are let through: those of a named profile, or all."""

    profile_name: str | None = None
    unconfined: bool = False


class IpcMode(Enum):
    """Whose shared memory and semaphores a container sees."""

    PRIVATE = "PRIVATE"
    SHARE_PARENT = "SHARE_PARENT"


@attrs.frozen(kw_only=True)
class IpcInfo:
    """Shared memory of its own or the parent's; `shm_size` is MiB."""

    mode: IpcMode
    shm_size: int | None = None


@attrs.frozen(kw_only=True)
class LinuxInfo:
    """All that is asked of Linux; `None` means not said."""

    seccomp: Seccomp | None = None
    ipc_info: IpcInfo | None = None
