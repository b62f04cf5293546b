"""Which flags of ``docker run`` a task may add by ``docker.parameters``, and what each changes (mesos-semantics 9.1).

The list is an allowlist. Flags that reach past the container (devices, namespaces of the host) or around what the task
was given (resources, ports) are for an operator to open (``--docker_parameters``); those that would undo what the agent
relies on (name, restarts, its own labels) are nobody's. Each refusal names the parameter and what would help.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum

from attrs import frozen

from koinon_core.containers import DockerNetwork, Parameter

from .isolation import ALLOW_FLAG, find_capability_problem

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


def _never(_value: str) -> bool:
    return False


def _always(_value: str) -> bool:
    return True


@frozen
class _Rule:
    """``is_gated``: whether a value of it is only for tasks whose agent's operator opened the parameter."""

    path: tuple[str, ...]
    shape: Shape
    read: Callable[[str], object]
    is_gated: Callable[[str], bool] = _never


@frozen(kw_only=True)
class Allowed:
    """What an operator opens to tasks: further ``parameters`` by name, and what opens the host to a container."""

    privileged: bool = False
    parameters: tuple[str, ...] = ()


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


def _count(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise _BadValue(f"must be a whole number, not {value!r}") from None


def _nanocpus(value: str) -> int:
    try:
        return round(float(value) * 1e9)
    except (ValueError, OverflowError):
        raise _BadValue(f"must be a number of cpus, not {value!r}") from None


def _limitable_size(value: str) -> int:
    return -1 if value == "-1" else _size(value)


def _device(value: str) -> Mapping[str, object]:
    source, _, rest = _absolute(value).partition(":")
    target, _, permissions = rest.partition(":")
    if target and not target.startswith("/"):
        target, permissions = "", target
    return {"PathOnHost": source, "PathInContainer": target or source, "CgroupPermissions": permissions or "rwm"}


def _published(value: str) -> tuple[str, list[Mapping[str, str]]]:
    host, _, port = value.rpartition(":")
    address, _, host_port = host.rpartition(":")
    number, _, protocol = port.partition("/")
    if not number.isdigit() or not (host_port or "0").isdigit():
        raise _BadValue(f"must be like 8080:80/tcp, not {value!r}")
    return f"{number}/{protocol or 'tcp'}", [{"HostIp": address, "HostPort": host_port}]


def _names_host(value: str) -> bool:
    return value not in ("private", "shareable", "none")


def _loosens(value: str) -> bool:
    return not value.startswith("no-new-privileges")


def _host_value(name: str, read: Callable[[str], object] = _text, is_gated: Callable[[str], bool] = _always) -> _Rule:
    return _Rule(("HostConfig", name), Shape.VALUE, read, is_gated)


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
    "blkio-weight": _host_value("BlkioWeight", _count),
    "cgroup-parent": _host_value("CgroupParent"),
    "cgroupns": _host_value("CgroupnsMode"),
    "cpu-period": _host_value("CpuPeriod", _count),
    "cpu-quota": _host_value("CpuQuota", _count),
    "cpu-shares": _host_value("CpuShares", _count),
    "cpus": _host_value("NanoCpus", _nanocpus),
    "cpuset-cpus": _host_value("CpusetCpus"),
    "cpuset-mems": _host_value("CpusetMems"),
    "device": _Rule(("HostConfig", "Devices"), Shape.LIST, _device, _always),
    "device-cgroup-rule": _Rule(("HostConfig", "DeviceCgroupRules"), Shape.LIST, _text, _always),
    "domainname": _Rule(("Domainname",), Shape.VALUE, _text),
    "ipc": _host_value("IpcMode", is_gated=_names_host),
    "kernel-memory": _host_value("KernelMemory", _size),
    "link": _Rule(("HostConfig", "Links"), Shape.LIST, _text, _always),
    "mac-address": _Rule(("MacAddress",), Shape.VALUE, _text, _always),
    "memory": _host_value("Memory", _size),
    "memory-reservation": _host_value("MemoryReservation", _size),
    "memory-swap": _host_value("MemorySwap", _limitable_size),
    "memory-swappiness": _host_value("MemorySwappiness", _count, _never),
    "network": _host_value("NetworkMode"),
    "oom-kill-disable": _host_value("OomKillDisable", _switch),
    "oom-score-adj": _host_value("OomScoreAdj", _count),
    "pid": _host_value("PidMode"),
    "pids-limit": _host_value("PidsLimit", _count, _never),
    "publish": _Rule(("HostConfig", "PortBindings"), Shape.MAP, _published, _always),
    "runtime": _host_value("Runtime"),
    "security-opt": _Rule(("HostConfig", "SecurityOpt"), Shape.LIST, _text, _loosens),
    "stop-timeout": _Rule(("StopTimeout",), Shape.VALUE, _count),
    "storage-opt": _Rule(("HostConfig", "StorageOpt"), Shape.MAP, _pair),
    "userns": _host_value("UsernsMode"),
    "uts": _host_value("UTSMode"),
    "volume-driver": _host_value("VolumeDriver", is_gated=_never),
    "volumes-from": _Rule(("HostConfig", "VolumesFrom"), Shape.LIST, _text, _always),
}
_SHORT = {
    "c": "cpu-shares", "e": "env", "h": "hostname", "l": "label", "m": "memory", "net": "network", "p": "publish",
    "u": "user", "v": "volume", "w": "workdir",
}  # fmt: skip
_OWN = ("cidfile", "detach", "d", "name", "restart", "rm")
"""What the agent itself decides about a container."""
ALL_PARAMETERS = frozenset(_RULES)
"""Every parameter that can be opened, and those that need not be."""


def parse_parameter_names(text: str) -> tuple[str, ...]:
    """Names of parameters for an operator to open, with commas between, or ``all``. Raises ValueError."""
    names = {_SHORT.get(name, name) for part in text.split(",") if (name := part.strip().lstrip("-"))}
    if names == {"all"}:
        return tuple(sorted(ALL_PARAMETERS))
    if unknown := sorted(names - ALL_PARAMETERS):
        raise ValueError(
            f"{', '.join(unknown)} cannot be opened; it is all, or of: {', '.join(sorted(ALL_PARAMETERS))}"
        )
    return tuple(sorted(names))


def find_parameter_problem(parameter: Parameter, network: DockerNetwork, allowed: Allowed) -> str | None:
    """Why a task may not have this parameter, or None."""
    name = _long_name(parameter)
    if name in _OWN:
        return f"docker parameter {parameter.key!r} is not allowed: the agent itself decides it"
    if name == "privileged":
        return f"docker parameter {parameter.key!r} is not allowed: say container.docker.privileged ({ALLOW_FLAG})"
    if name not in _RULES:
        return f"docker parameter {parameter.key!r} is not known; known are {', '.join(_RULES)}"
    rule = _RULES[name]
    if rule.is_gated(parameter.value) and name not in allowed.parameters:
        return (
            f"docker parameter {parameter.key!r} is not allowed: this agent's --docker_parameters does not open {name}"
        )
    try:
        rule.read(parameter.value)
    except _BadValue as problem:
        return f"docker parameter {parameter.key!r} {problem}"
    return _find_setting_problem(parameter, name, network, allowed)


def _find_setting_problem(parameter: Parameter, name: str, network: DockerNetwork, allowed: Allowed) -> str | None:
    if _RULES[name].path == ALIASES and network is not DockerNetwork.USER:
        return f"docker parameter {parameter.key!r} needs a user network"
    if name == "hostname" and network is DockerNetwork.HOST:
        return "docker parameter 'hostname' cannot be had on the host network"
    if name == "cap-add":
        problem = find_capability_problem(parameter.value, network, allows_privileged=allowed.privileged)
        return f"docker parameter {parameter.key!r}: {problem}" if problem else None
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
