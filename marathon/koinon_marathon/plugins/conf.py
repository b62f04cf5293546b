"""What `--plugin_conf` says: which plugins there are, in Marathon's own JSON (marathon-semantics 25). Pure.

{"plugins": {"<id>": {"plugin": "mesosphere.marathon.plugin.auth.Authorizer", "implementation": "<entry point>",
                      "enabled": true, "configuration": {}, "tags": [], "info": {}}}}
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import attrs
import orjson


class Hook(Enum):
    """Where a plugin is asked. The value is the group of its entry point."""

    AUTHENTICATOR = "koinon.marathon.authenticators"
    AUTHORIZER = "koinon.marathon.authorizers"
    VALIDATOR = "koinon.marathon.validators"
    TASK_PROCESSOR = "koinon.marathon.task_processors"
    OFFER_VETO = "koinon.marathon.offer_vetoes"
    HTTP_HANDLER = "koinon.marathon.http_handlers"


_INTERFACES = {
    "auth.Authenticator": Hook.AUTHENTICATOR,
    "auth.Authorizer": Hook.AUTHORIZER,
    "validation.RunSpecValidator": Hook.VALIDATOR,
    "task.RunSpecTaskProcessor": Hook.TASK_PROCESSOR,
    "scheduler.SchedulerPlugin": Hook.OFFER_VETO,
    "http.HttpRequestHandler": Hook.HTTP_HANDLER,
}
_PACKAGE = "mesosphere.marathon.plugin."
_SINGLE = (Hook.AUTHENTICATOR, Hook.AUTHORIZER)
"""Of these a second one would leave open whose word counts."""


@attrs.frozen(kw_only=True)
class PluginEntry:
    """One plugin as configured. `interface` is the word that the file has for its hook."""

    id: str
    hook: Hook
    interface: str
    implementation: str
    configuration: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    tags: tuple[str, ...] | None = None
    info: Mapping[str, Any] | None = None

    def shown(self) -> dict[str, object]:
        """The plugin as `/v2/plugins` shows it."""
        shown: dict[str, object] = {
            "id": self.id,
            "plugin": self.interface,
            "implementation": self.implementation,
        }
        if self.tags is not None:
            shown["tags"] = list(self.tags)
        if self.info is not None:
            shown["info"] = dict(self.info)
        return shown


@attrs.frozen
class PluginConf:
    """The enabled plugins in the order of the file. A configuration may hold secrets: its text shows none."""

    entries: tuple[PluginEntry, ...] = ()

    def __str__(self) -> str:
        return ",".join(entry.id for entry in self.entries)


def parse_plugin_conf(text: str) -> PluginConf:
    """Read the file. Raises ValueError that names the plugin and the field."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: line {error.lineno}, column {error.colno}") from None
    plugins = found.get("plugins", found) if isinstance(found, dict) else None
    if not isinstance(plugins, dict):
        raise ValueError('it must be an object such as {"plugins": {"<id>": {"plugin": ..., "implementation": ...}}}')
    entries = tuple(_read_entry(name, fields) for name, fields in plugins.items() if _is_enabled(name, fields))
    for hook in _SINGLE:
        names = [entry.id for entry in entries if entry.hook is hook]
        if len(names) > 1:
            raise ValueError(f"{', '.join(names)} are all {hook.name.lower()}s, and there can be one")
    return PluginConf(entries)


def _is_enabled(name: str, fields: object) -> bool:
    if not isinstance(fields, dict):
        raise ValueError(f"{name} must be an object")
    return bool(_field(name, fields, "enabled", bool, True))


def _read_entry(name: str, fields: Mapping[str, Any]) -> PluginEntry:
    interface = _field(name, fields, "plugin", str)
    hook = _INTERFACES.get(str(interface).removeprefix(_PACKAGE))
    if hook is None:
        raise ValueError(f"{name}.plugin: {interface!r} is not one of {', '.join(_PACKAGE + it for it in _INTERFACES)}")
    tags = _field(name, fields, "tags", list, None)
    if tags is not None and not all(isinstance(tag, str) for tag in tags):
        raise ValueError(f"{name}.tags must be a list of texts")
    return PluginEntry(
        id=name,
        hook=hook,
        interface=str(interface),
        implementation=_field(name, fields, "implementation", str),
        configuration=_field(name, fields, "configuration", dict, {}),
        tags=None if tags is None else tuple(tags),
        info=_field(name, fields, "info", dict, None),
    )


_WORDS: Mapping[type, str] = {str: "a text", bool: "true or false", dict: "an object", list: "a list"}
_REQUIRED = object()


def _field(plugin: str, fields: Mapping[str, Any], name: str, kind: type, default: object = _REQUIRED) -> Any:
    value = fields.get(name)
    if value is None and default is not _REQUIRED:
        return default
    if not isinstance(value, kind):
        raise ValueError(f"{plugin}.{name} must be {_WORDS[kind]}")
    return value
