"""What ``--isolation`` asks for, in Mesos's names: which controllers are to hold a plain process (mesos-semantics 9.4).

Pure. A name that would promise a protection which is not there is refused.
"""

from __future__ import annotations

from attrs import field, frozen

_PLAIN = frozenset({"posix/cpu", "posix/mem", "posix/disk", "posix/rlimits", "filesystem/posix", "disk/du"})
"""What holds anyway: figures without limits, rlimits, files as they are on the host, the size of a sandbox told."""
_CONTROLLERS = {
    "cgroups/cpu": frozenset({"cpu"}),
    "cgroups/mem": frozenset({"memory"}),
    "cgroups/pids": frozenset({"pids"}),
    "cgroups/blkio": frozenset({"blkio"}),
}
_ALL = "cgroups/all"
DEFAULT = "cgroups/cpu,cgroups/mem"
"""What a task asked for is what it gets, where the agent may write groups; Mesos's own default limits nothing."""


@frozen
class Isolation:
    """``controllers`` that hold every plain process, by their names of version 1. ``names`` are as they were given."""

    names: tuple[str, ...] = ()
    controllers: frozenset[str] = field(default=frozenset())

    def __str__(self) -> str:
        return ",".join(self.names)


def parse_isolation(text: str) -> Isolation:
    """Read the flag. Raises ValueError, which names what is not there."""
    names = tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))
    missing = [name for name in names if name not in _PLAIN and name not in _CONTROLLERS and name != _ALL]
    if missing:
        known = ", ".join(sorted(_PLAIN | _CONTROLLERS.keys() | {_ALL}))
        raise ValueError(f"{', '.join(missing)} cannot be given to plain processes; there are {known}")
    controllers: frozenset[str] = frozenset()
    for name in names:
        controllers |= (
            frozenset().union(*_CONTROLLERS.values()) if name == _ALL else _CONTROLLERS.get(name, frozenset())
        )
    return Isolation(names, controllers)
