"""Frameworks as plugins: what a package puts behind an entry point of group ``koinon.frameworks``, and finding it.

The contract: the entry point names a class (or any object) with ``from_options``. ``koinon-framework NAME --color red``
calls it with ``{"color": "red"}``, and runs what it returns. Running is ``__main__``'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, runtime_checkable

from attrs import evolve, frozen

from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import FrameworkId
from koinon_daemon.credentials import Credential
from koinon_daemon.flags import ReadFile, read_document

from ..errors import OptionError, PluginError, UnknownPluginError
from ..scheduler import Scheduler

GROUP = "koinon.frameworks"


@runtime_checkable
class Framework(Protocol):
    """A framework ready to run."""

    @property
    def framework_info(self) -> FrameworkInfo:
        """Who it says it is."""

    @property
    def scheduler(self) -> Scheduler:
        """What it does."""


@runtime_checkable
class FrameworkPlugin(Protocol):
    """Makes a framework of options."""

    def from_options(self, options: Mapping[str, str]) -> Framework:
        """``options`` by name, with ``_`` for ``-``. Raises OptionError for one that is missing, unknown or wrong."""


@frozen(kw_only=True)
class Invocation:
    """What a command line asks for."""

    name: str
    master: str
    framework_id: FrameworkId | None
    options: Mapping[str, str]
    credential: Credential | None = None


def known_frameworks() -> tuple[str, ...]:
    """The names that installed packages bring, sorted."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def load_framework(invocation: Invocation) -> Framework:
    """Load only the named one. Raises UnknownPluginError, PluginError, OptionError."""
    points = tuple(entry_points(group=GROUP, name=invocation.name))
    if not points:
        raise UnknownPluginError(invocation.name, known_frameworks())
    plugin = _load(points[0])
    try:
        framework = plugin.from_options(invocation.options)
    except OptionError:
        raise
    except Exception as error:
        raise PluginError(invocation.name, f"from_options raised {error!r}") from error
    if not isinstance(framework, Framework):
        raise PluginError(invocation.name, "from_options gave nothing with framework_info and scheduler")
    return framework


def _load(point: EntryPoint) -> FrameworkPlugin:
    try:
        plugin = point.load()
    except (ImportError, AttributeError) as error:
        raise PluginError(point.name, f"{point.value} can't be loaded: {error}") from error
    if not isinstance(plugin, FrameworkPlugin):
        raise PluginError(point.name, f"{point.value} has no from_options")
    return plugin


def with_framework_id(info: FrameworkInfo, framework_id: FrameworkId | None) -> FrameworkInfo:
    """The same framework, taking over from the one with this id where one is given."""
    return info if framework_id is None else evolve(info, id=framework_id)


def parse_invocation(argv: Sequence[str], environ: Mapping[str, str], read_file: ReadFile | None = None) -> Invocation:
    """Read ``NAME --master ADDRESS --option value``; ``-`` and ``_`` are the same. Raises OptionError.

    ``read_file`` gets the path of the credential; it may raise OSError or ValueError.
    """
    if not argv or argv[0].startswith("-"):
        raise OptionError("NAME", "the first argument names the framework")
    options = _parse_options(argv[1:])
    master = options.pop("master", None) or environ.get("MESOS_MASTER")
    if not master:
        raise OptionError("master", "is needed, or MESOS_MASTER in the environment")
    framework_id = options.pop("framework_id", None)
    credential = options.pop("credential", None) or environ.get("MESOS_CREDENTIAL")
    return Invocation(
        name=argv[0],
        master=master,
        framework_id=FrameworkId(framework_id) if framework_id else None,
        options=options,
        credential=None if credential is None else _read_credential(credential, read_file),
    )


def _read_credential(text: str, read_file: ReadFile | None) -> Credential:
    try:
        return Credential.parse(read_document(text, read_file))
    except (OSError, ValueError) as error:
        raise OptionError("credential", str(error)) from None


def _parse_options(words: Sequence[str]) -> dict[str, str]:
    options: dict[str, str] = {}
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("--") or word == "--":
            raise OptionError(word.lstrip("-") or word, "is not of the form --option value")
        name, equals, value = word[2:].partition("=")
        if not equals:
            if not waiting or waiting[0].startswith("--"):
                raise OptionError(name, "has no value")
            value = waiting.pop(0)
        key = name.replace("-", "_")
        if key in options:
            raise OptionError(name, "is given twice")
        options[key] = value
    return options
