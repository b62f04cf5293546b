"""Broken promises of this package. What a user got wrong is a `problems.Problem`, not an exception."""

from datetime import datetime
from pathlib import Path

from attrs import frozen

from koinon_daemon.errors import DaemonError, ExitCode


@frozen
class MarathonError(Exception):
    """The root of this package's errors."""

    def __str__(self) -> str:
        return self.__class__.__name__


@frozen
class UnreadableDefinition(MarathonError, ValueError):
    """The store's fault: a record holds no app or pod. `path` is the field at fault, empty for the whole record."""

    path: str
    why: str

    def __str__(self) -> str:
        return f"stored definition: {self.path or 'record'}: {self.why}"


@frozen
class FrameworkIdMissing(MarathonError):
    """The store's fault, and fatal: instances without a framework id (marathon-semantics 23)."""

    instances: int

    def __str__(self) -> str:
        return f"the store holds {self.instances} instances and no framework id: they would run on unattended"


@frozen
class BrokenInvariant(MarathonError):
    """Our own fault: the state contradicts itself."""

    what: str

    def __str__(self) -> str:
        return self.what


@frozen
class UnreadableRecord(MarathonError):
    """The store's fault, and fatal: what lies at `key` is no record of ours. Nothing is skipped."""

    key: str
    why: str

    def __str__(self) -> str:
        return f"stored record {self.key} can't be read: {self.why}"


@frozen
class BrokenRootHistory(MarathonError):
    """Fatal: the stored versions of the tree of apps do not follow one another."""

    version: datetime
    why: str

    def __str__(self) -> str:
        return f"version {self.version.isoformat()} of the tree can't be told: {self.why}"


@frozen
class StorageTooNew(MarathonError):
    """Fatal: a newer Marathon wrote this store; going on would lose what we don't understand."""

    found: int
    known: int

    def __str__(self) -> str:
        return f"the store has version {self.found}, this Marathon knows {self.known} at most: start the newer one"


@frozen
class BackupFailed(MarathonError):
    """The operator's or the machine's fault: a backup can't be written or read."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"backup {self.path}: {self.why}"


@frozen
class PluginBroken(DaemonError):
    """The operator's or a plugin's fault, and fatal: what the configuration names can't be had."""

    exit_code = ExitCode.PLUGIN_FAILED

    plugin: str
    why: str

    def __str__(self) -> str:
        return f"plugin {self.plugin}: {self.why}"
