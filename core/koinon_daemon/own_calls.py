"""What a daemon says of itself over its operator API, masters and agents alike (mesos-operator-api 1.1).

Owns the shapes of these answers. Who may ask, and everything about clusters and containers, is each daemon's.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from koinon_core.operator_api import (
    GetFlags,
    GetHealth,
    GetLoggingLevel,
    GetMetrics,
    GetVersion,
    ListFiles,
    ReadFile,
)

from .files import FileInfo, Roots, list_files, read_file
from .flags import flag_texts
from .logging_api import LoggingSwitch
from .metrics import Metrics

Read = Callable[[Any], Awaitable[Any]]


class OwnCalls:
    """The answers of one daemon. ``config`` is its flags, ``build`` its version."""

    def __init__(
        self, config: Any, build: Mapping[str, Any], metrics: Metrics, logging: LoggingSwitch, files: Roots
    ) -> None:
        self._config = config
        self._build = build
        self._metrics = metrics
        self._logging = logging
        self._files = files

    def reads(self) -> dict[type, Read]:
        """By the class of the call. Each returns what stands under the call's name in the answer."""
        return {
            GetHealth: self._get_health,
            GetFlags: self._get_flags,
            GetVersion: self._get_version,
            GetMetrics: self._get_metrics,
            GetLoggingLevel: self._get_logging_level,
            ListFiles: self._list_files,
            ReadFile: self._read_file,
        }

    async def _get_health(self, _: GetHealth) -> Any:
        return {"healthy": True}

    async def _get_flags(self, _: GetFlags) -> Any:
        texts = flag_texts(self._config)
        return {"flags": [{"name": name, "value": text} for name, text in sorted(texts.items())]}

    async def _get_version(self, _: GetVersion) -> Any:
        return {"version_info": self._build}

    async def _get_metrics(self, _: GetMetrics) -> Any:
        numbers = self._metrics.snapshot()
        return {"metrics": [{"name": name, "value": number} for name, number in numbers.items()]}

    async def _get_logging_level(self, _: GetLoggingLevel) -> Any:
        return {"level": self._logging.level}

    async def _list_files(self, call: ListFiles) -> Any:
        return {"file_infos": [_show(entry) for entry in await list_files(self._files, call.path)]}

    async def _read_file(self, call: ReadFile) -> Any:
        found = await read_file(self._files, call.path, call.offset, call.length)
        return {"size": found.size, "data": b64encode(found.data).decode("ascii")}


def _show(entry: FileInfo) -> Any:
    return {
        "path": entry.path,
        "nlink": entry.nlink,
        "size": entry.size,
        "mtime": {"nanoseconds": entry.mtime},
        "mode": entry.mode,
        "uid": entry.uid,
        "gid": entry.gid,
    }
