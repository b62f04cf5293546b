"""What must be remembered of containers without a parent across the agent's death: a file of each, until its removal.

Owns ``<work_dir>/meta/containers``. They are of no framework and outlive every id of the agent, whose log knows nothing
of them. A file is whole or not there, and on disk before its container starts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

import orjson
import structlog
from attrs import Factory, frozen

from koinon_core.errors import DecodeError
from koinon_core.ids import ContainerId
from koinon_core.resources import NOTHING, Resources
from koinon_core.scalars import Limit
from koinon_core.wire import refined_json

from ..containerizer import Ended

_FRESH = ".new"  # no container's id has a dot
_logger = structlog.get_logger(__name__)


@frozen(kw_only=True)
class StandaloneRecord:
    """A container that was asked for. ``user`` is whom it runs as, None where nobody can tell any more.

    ``ended`` is set once it has ended: then its containerizer need not know of it.
    """

    container_id: ContainerId
    user: str | None = None
    resources: Resources = NOTHING
    limits: Mapping[str, Limit] = Factory(dict)
    ended: Ended | None = None


class StandaloneRecords:
    """The files of one agent."""

    def __init__(self, work_dir: Path) -> None:
        self._folder = work_dir / "meta" / "containers"
        self._turn = Lock()

    def write(self, record: StandaloneRecord) -> None:
        """Put it down, durably, in place of an earlier one. Blocks. Raises OSError."""
        with self._turn:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh = self._folder / _FRESH
            with fresh.open("wb") as file:
                file.write(orjson.dumps(refined_json.to_plain(record)))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._folder / record.container_id)
            self._sync()

    def remove(self, container_id: ContainerId) -> None:
        """Forget it, durably. Blocks. Raises OSError."""
        with self._turn:
            (self._folder / container_id).unlink(missing_ok=True)
            self._sync()

    def read_all(self) -> list[StandaloneRecord]:
        """All of them. Of what can't be read the name is left: its container must not be nobody's. Raises OSError."""
        names = sorted(os.listdir(self._folder)) if self._folder.is_dir() else []
        return [self._read(ContainerId(name)) for name in names if name != _FRESH]

    def _read(self, container_id: ContainerId) -> StandaloneRecord:
        path = self._folder / container_id
        try:
            return refined_json.from_plain(orjson.loads(path.read_bytes()), StandaloneRecord)
        except (DecodeError, ValueError, KeyError, TypeError) as error:
            _logger.error("standalone_record_unreadable", path=str(path), error=str(error))
            return StandaloneRecord(container_id=container_id)

    def _sync(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
