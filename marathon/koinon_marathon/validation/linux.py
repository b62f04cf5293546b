"""What a container may ask of Linux (marathon-v2-api 4.3). Of apps and pods alike."""

from collections.abc import Iterator

from ..definition.linux import IpcMode, LinuxInfo
from ..definition.problems import Problem

_PROFILE_AND_NONE = "Seccomp unconfined can NOT be true when Profile is defined"
_NEITHER = "Seccomp unconfined must be true when Profile is NOT defined"
_SHARED_SIZE = "ipcInfo shmSize can NOT be set when mode is SHARE_PARENT"


def linux_problems(linux: LinuxInfo | None, path: str) -> Iterator[Problem]:
    """What is wrong with a `linuxInfo` that stands at `path`."""
    if linux is None:
        return
    seccomp, ipc = linux.seccomp, linux.ipc_info
    if seccomp is not None and seccomp.profile_name is not None and seccomp.unconfined:
        yield Problem(f"{path}/seccomp", _PROFILE_AND_NONE)
    if seccomp is not None and seccomp.profile_name is None and not seccomp.unconfined:
        yield Problem(f"{path}/seccomp", _NEITHER)
    if ipc is not None and ipc.mode is IpcMode.SHARE_PARENT and ipc.shm_size is not None:
        yield Problem(f"{path}/ipcInfo", _SHARED_SIZE)
