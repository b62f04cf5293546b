"""Which flags of ``docker run`` a task may add by ``docker.parameters``, and what each changes (mesos-semantics 9.1).

The list is an allowlist: flags that would undo what the agent relies on (name, resources, networks, restarts, its own
labels) or reach past the container (devices, namespaces of the host) are not in it and are refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum

from attrs import frozen

from koinon_core.containers import DockerNetwork, Parameter

LABEL_PREFIX = "koinon."
"""Labels beneath this are the containerizer's own."""

_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SIZE = re.compile(r"(\d+)([bkmg]?)b?")
_SWITCH = {"": True, "true": True, "1": True, "false": False, "0": False}


class Shape(Enum):
    """How a setting joins what is there: instead of it, after it, or under a key."""

    VALUE = "value"
    LIST = "list"
    MAP = "map"


@frozen(kw_only=True)
class Setting:
    """One change of a create request. ``path`` leads to its place; ``key`` is there for Shape.MAP."""

    path: tuple[str, ...]
    shape: Shape
    value: object
    key: str = ""


class _BadValue(ValueError):
    """A parameter's value that its flag does not take."""


@frozen
class _Rule:
    path: tuple[str, ...]
    shape: Shape
    read: Callable[[str], object]


def _text(value: str) -> str:
    if not value:
        raise _BadValue("must not be empty")
    return value


def _pair(value: str, separator: str = "=") -> tuple[str, str]:
    key, found, rest = value.partition(separator)
    if not key or not found:
        raise _BadValue(f"must be like key{separator}value, not {value!r}")
    return key, rest


def _label(value: str) -> tuple[str, str]:
    key, _, rest = _text(value).partition("=")
    if key.startswith(LABEL_PREFIX):
        raise _BadValue(f"must not be a label beneath {LABEL_PREFIX}")
    return key, rest


def _host(value: str) -> str:
    _pair(value, ":")
    return value


def _tmpfs(value: str) -> tuple[str, str]:
    path, _, options = _absolute(value).partition(":")
    return path, options


def _absolute(value: str) -> str:
    if not value.startswith("/"):
        raise _BadValue(f"must be an absolute path, not {value!r}")
    return value


def _bind(value: str) -> str:
    pieces = value.split(":")
    if len(pieces) not in (2, 3) or not pieces[0] or not pieces[1].startswith("/"):
        raise _BadValue(f"must be like source:/path or source:/path:ro, not {value!r}")
    return value


def _list_of_one(value: str) -> list[str]:
    return [_text(value)]


def _switch(value: str) -> bool:
    if value.lower() not in _SWITCH:
        raise _BadValue(f"must be true or false, not {value!r}")
    return _SWITCH[value.lower()]


def _size(value: str) -> int:
    match = _SIZE.fullmatch(value.lower())
    if match is None:
        raise _BadValue(f"must be a size like 64m, not {value!r}")
    return int(match[1]) * _UNITS[match[2]]


def _ulimit(value: str) -> Mapping[str, object]:
    name, limits = _pair(value)
    soft, _, hard = limits.partition(":")
    try:
        return {"Name": name, "Soft": int(soft), "Hard": int(hard or soft)}
    except ValueError:
        raise _BadValue(f"must be like nofile=1024:2048, not {value!r}") from None


def _host_list(name: str, read: Callable[[str], object] = _text) -> _Rule:
    return _Rule(("HostConfig", name), Shape.LIST, read)


ALIASES = ("Aliases",)
"""Where the aliases in a user network go until the request knows that network."""

_RULES: Mapping[str, _Rule] = {
    "add-host": _host_list("ExtraHosts", _host),
    "cap-add": _host_list("CapAdd"),
    "cap-drop": _host_list("CapDrop"),
    "dns": _host_list("Dns"),
    "dns-opt": _host_list("DnsOptions"),
    "dns-option": _host_list("DnsOptions"),
    "dns-search": _host_list("DnsSearch"),
    "entrypoint": _Rule(("Entrypoint",), Shape.VALUE, _list_of_one),
    "env": _Rule(("Env",), Shape.MAP, _pair),
    "group-add": _host_list("GroupAdd"),
    "hostname": _Rule(("Hostname",), Shape.VALUE, _text),
    "init": _Rule(("HostConfig", "Init"), Shape.VALUE, _switch),
    "label": _Rule(("Labels",), Shape.MAP, _label),
    "log-driver": _Rule(("HostConfig", "LogConfig", "Type"), Shape.VALUE, _text),
    "log-opt": _Rule(("HostConfig", "LogConfig", "Config"), Shape.MAP, _pair),
    "net-alias": _Rule(ALIASES, Shape.LIST, _text),
    "network-alias": _Rule(ALIASES, Shape.LIST, _text),
    "read-only": _Rule(("HostConfig", "ReadonlyRootfs"), Shape.VALUE, _switch),
    "shm-size": _Rule(("HostConfig", "ShmSize"), Shape.VALUE, _size),
    "stop-signal": _Rule(("StopSignal",), Shape.VALUE, _text),
    "sysctl": _Rule(("HostConfig", "Sysctls"), Shape.MAP, _pair),
    "tmpfs": _Rule(("HostConfig", "Tmpfs"), Shape.MAP, _tmpfs),
    "ulimit": _host_list("Ulimits", _ulimit),
    "user": _Rule(("User",), Shape.VALUE, _text),
    "volume": _host_list("Binds", _bind),
    "workdir": _Rule(("WorkingDir",), Shape.VALUE, _absolute),
}
_SHORT = {"e": "env", "h": "hostname", "l": "label", "u": "user", "v": "volume", "w": "workdir"}


def find_parameter_problem(parameter: Parameter, network: DockerNetwork) -> str | None:
    """Why a task may not have this parameter, or None."""
    name = _long_name(parameter)
    if name not in _RULES:
        return f"docker parameter {parameter.key!r} is not allowed; allowed are {', '.join(_RULES)}"
    if _RULES[name].path == ALIASES and network is not DockerNetwork.USER:
        return f"docker parameter {parameter.key!r} needs a user network"
    if name == "hostname" and network is DockerNetwork.HOST:
        return "docker parameter 'hostname' cannot be had on the host network"
    try:
        _RULES[name].read(parameter.value)
    except _BadValue as problem:
        return f"docker parameter {parameter.key!r} {problem}"
    return None


def read_parameter(parameter: Parameter) -> Setting:
    """What an allowed parameter changes. Only for one without a problem."""
    rule = _RULES[_long_name(parameter)]
    value = rule.read(parameter.value)
    if rule.shape is Shape.MAP and isinstance(value, tuple):
        return Setting(path=rule.path, shape=rule.shape, key=value[0], value=value[1])
    return Setting(path=rule.path, shape=rule.shape, value=value)


def _long_name(parameter: Parameter) -> str:
    name = parameter.key.lstrip("-")
    return _SHORT.get(name, name)
