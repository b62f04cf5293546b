"""How large the output of a container may grow: in its sandbox, and in the engine's own copy of it. Pure.

Owns the flags about it and what they mean. Who keeps to it is in ``log_rotation.py`` and ``docker/log_files.py``.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from attrs import frozen

from koinon_daemon.flag_values import parse_int, parse_size
from koinon_daemon.flags import flag

_GROUP = "Containers"
_MOST_FILES = 100
_BOUNDED_DRIVERS = ("json-file", "local")
"""The engine's log drivers that keep output in files and rotate them."""
_LEAST_ENGINE_SIZE = 1 << 20
_FEWEST_ENGINE_FILES = 2
"""With one file alone an engine forgets all at once, also what nobody has read yet."""


@frozen
class LogLimits:
    """Of stdout and of stderr: ``max_files`` files (with the one that grows) of ``max_size`` bytes; 0 for no bound."""

    max_size: int = 100 << 20
    max_files: int = 2

    def names(self, name: str) -> list[str]:
        """The file that grows and those that it was before, the youngest first."""
        return [name, *(f"{name}.{number}" for number in range(1, self.max_files))]

    def settle(self, log_config: Mapping[str, object], default_driver: str) -> Mapping[str, object]:
        """The engine's LogConfig of a container that says ``log_config`` of its own: bounded, unless it says how far.

        Where the driver keeps no files there is nothing to bound.
        """
        own = log_config.get("Config")
        own = own if isinstance(own, Mapping) else {}
        driver = log_config.get("Type") or default_driver
        if not self.max_size or driver not in _BOUNDED_DRIVERS or "max-size" in own:
            return log_config
        files = max(self.max_files, _FEWEST_ENGINE_FILES)
        bounds = {"max-size": str(max(self.max_size, _LEAST_ENGINE_SIZE)), "max-file": str(files)}
        return {"Type": driver, "Config": bounds | dict(own)}


def parse_log_files(text: str) -> int:
    """A number from 1 to 100."""
    number = parse_int(text)
    if not 1 <= number <= _MOST_FILES:
        raise ValueError(f"{text!r} is not a number from 1 to {_MOST_FILES}")
    return number


@attrs.frozen(kw_only=True)
class LogFlags:
    """The flags of every containerizer."""

    container_log_max_size: int = flag(
        LogLimits().max_size,
        help="At which size stdout and stderr of a container are rotated, in the sandbox and by the engine; 0B: never.",
        parse=parse_size,
        group=_GROUP,
    )
    container_log_max_files: int = flag(
        LogLimits().max_files,
        help="How many files each of them is, with the one that grows: stdout, stdout.1.",
        parse=parse_log_files,
        group=_GROUP,
    )

    @property
    def log_limits(self) -> LogLimits:
        """Both as one."""
        return LogLimits(self.container_log_max_size, self.container_log_max_files)
