"""Finds the plugins that the configuration names among the entry points of installed packages, and makes them.

Only those that are named are imported. `--plugin_dir` is one more place to look: what `pip install --target` put there.
"""

import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import attrs
import structlog

from ..codec.specs import encode_spec
from ..errors import PluginBroken
from .conf import Hook, PluginConf, PluginEntry
from .hooks import Named, SpecHooks
from .interface import Authenticator, Authorizer, HttpHandler, OfferVeto, SpecValidator, TaskProcessor

_INTERFACES: dict[Hook, Any] = {
    Hook.AUTHENTICATOR: Authenticator,
    Hook.AUTHORIZER: Authorizer,
    Hook.VALIDATOR: SpecValidator,
    Hook.TASK_PROCESSOR: TaskProcessor,
    Hook.OFFER_VETO: OfferVeto,
    Hook.HTTP_HANDLER: HttpHandler,
}
_logger = structlog.get_logger(__name__)


@attrs.frozen
class Plugin:
    """One that is loaded: `made` has the methods of its hook's interface."""

    entry: PluginEntry
    made: Any


@attrs.frozen
class Plugins:
    """All of them, in the order of the configuration."""

    loaded: tuple[Plugin, ...] = ()

    def of(self, hook: Hook) -> tuple[Plugin, ...]:
        """Those of one hook."""
        return tuple(plugin for plugin in self.loaded if plugin.entry.hook is hook)

    def first(self, hook: Hook) -> Plugin | None:
        """The only one of a hook that has one at most."""
        return next(iter(self.of(hook)), None)


def load_plugins(conf: PluginConf, directory: Path | None = None) -> Plugins:
    """Every plugin of the configuration. Raises PluginBroken, which names the first that can't be had."""
    if directory is not None and conf.entries:
        if not directory.is_dir():
            raise PluginBroken("--plugin_dir", f"{directory} is no directory")
        sys.path.append(str(directory.absolute()))
    loaded = tuple(Plugin(entry, _make(entry)) for entry in conf.entries)
    for plugin in loaded:
        _logger.info("plugin_loaded", plugin=plugin.entry.id, implementation=plugin.entry.implementation)
    return Plugins(loaded)


def make_hooks(plugins: Plugins) -> SpecHooks:
    """What the machine asks; failures go to the log."""

    def named(hook: Hook) -> tuple[Named[Any], ...]:
        return tuple(Named(plugin.entry.id, plugin.made) for plugin in plugins.of(hook))

    def report(plugin: str, asked: str, error: Exception) -> None:
        _logger.error("plugin_failed", plugin=plugin, asked=asked, error=repr(error), exc_info=error)

    return SpecHooks(
        validators=named(Hook.VALIDATOR),
        processors=named(Hook.TASK_PROCESSOR),
        vetoes=named(Hook.OFFER_VETO),
        describe=encode_spec,
        report=report,
    )


def _make(entry: PluginEntry) -> Any:
    point = _find(entry)
    try:
        made = point.load()(entry.configuration)
    except Exception as error:
        raise PluginBroken(entry.id, f"{point.value} raised {error!r}") from error
    if not isinstance(made, _INTERFACES[entry.hook]):
        wanted = _INTERFACES[entry.hook].__name__
        raise PluginBroken(entry.id, f"{point.value} gave {type(made).__name__}, which lacks methods of {wanted}")
    return made


def _find(entry: PluginEntry) -> EntryPoint:
    group = entry.hook.value
    points = {point.name: point for point in entry_points(group=group)}
    if entry.implementation not in points:
        known = ", ".join(sorted(points)) or "none"
        raise PluginBroken(
            entry.id,
            f"no installed package has {entry.implementation!r} among its entry points {group} (there: {known})",
        )
    return points[entry.implementation]
