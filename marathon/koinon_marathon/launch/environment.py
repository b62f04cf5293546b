"""The environment of an app's task: marathon-semantics 14.1, later rows override earlier ones."""

import re
from collections.abc import Mapping, Sequence

import attrs

from koinon_core.ids import TaskId

from ..definition.apps import App
from ..timestamps import format_timestamp
from .ports import AssignedPort

_LONGEST_LABEL_NAME = 493
_LONGEST_LABEL = 512


@attrs.frozen(kw_only=True)
class TaskPlace:
    """Under which id a task runs, on which host, with which ports: what its environment tells beside the definition."""

    task_id: TaskId
    hostname: str
    ports: tuple[AssignedPort, ...] = ()
    enforces_group_role: bool = False


def task_environment(app: App, place: TaskPlace, prefix: str = "") -> dict[str, str]:
    """All plain variables of one task; secrets are added by the task builder.

    `prefix` (`--env_vars_prefix`) leads HOST and the PORT family only; the user's own win.
    """
    return {
        **_app_variables(app, place),
        **label_variables(app.labels),
        f"{prefix}HOST": place.hostname,
        **{prefix + name: value for name, value in port_variables(app, place.ports).items()},
        **{name: value for name, value in app.env.items() if isinstance(value, str)},
    }


def port_variables(app: App, ports: Sequence[AssignedPort]) -> dict[str, str]:
    """PORT, PORTS, PORT0 and on, PORT_<requested> and PORT_<NAME>; nothing at all where there is no port."""
    if not ports:
        return {}
    numbers = [str(port.number) for port in ports]
    variables = {f"PORT{index}": number for index, number in enumerate(numbers)}
    for requested, number in zip(_requested_ports(app), numbers, strict=True):
        variables[f"PORT_{requested or number}"] = number
    for name, number in zip(app.port_names, numbers, strict=True):
        if name is not None:
            variables[f"PORT_{name.upper()}"] = number
    return {**variables, "PORT": numbers[0], "PORTS": ",".join(numbers)}


def _requested_ports(app: App) -> list[int]:
    if app.is_host_networked:
        return [definition.port for definition in app.port_definitions]
    return [mapping.container_port for mapping in app.port_mappings]


def _app_variables(app: App, place: TaskPlace) -> dict[str, str]:
    variables = {
        "MESOS_TASK_ID": place.task_id,
        "MARATHON_APP_ID": app.id,
        "MARATHON_APP_VERSION": format_timestamp(app.version),
        "MARATHON_APP_RESOURCE_CPUS": str(float(app.cpus)),
        "MARATHON_APP_RESOURCE_MEM": str(float(app.mem)),
        "MARATHON_APP_RESOURCE_DISK": str(float(app.disk)),
        "MARATHON_APP_RESOURCE_GPUS": str(app.gpus),
        "MARATHON_APP_ENFORCE_GROUP_ROLE": "TRUE" if place.enforces_group_role else "FALSE",
    }
    if app.is_docker and app.container is not None and app.container.docker is not None:
        variables["MARATHON_APP_DOCKER_IMAGE"] = app.container.docker.image
    return variables


def label_variables(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels as variables; those too long for one are left out."""
    short = {
        _escaped(name): value
        for name, value in labels.items()
        if len(name) < _LONGEST_LABEL_NAME and len(value) < _LONGEST_LABEL
    }
    variables = {f"MARATHON_APP_LABEL_{name}": value for name, value in short.items()}
    return {"MARATHON_APP_LABELS": " ".join(short), **variables}


def _escaped(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "_", name).upper()
