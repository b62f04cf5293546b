"""The agent's flags that are about Docker containers (mesos-semantics 12) and what is made of them. Pure.

``--containerizers`` and what concerns tasks of every kind is in ``config.py``, which takes these in.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from koinon_core.containers import ContainerInfo
from koinon_core.errors import CoreError
from koinon_core.wire import refined_json
from koinon_daemon.flag_values import parse_duration
from koinon_daemon.flags import document, flag

from ..log_limits import LogFlags
from .images.credentials import RegistryLogins, parse_logins
from .options import DockerOptions
from .request.dns import ContainerDns, parse_container_dns
from .request.mounts import SANDBOX_MOUNT
from .request.parameters import Allowed, parse_parameter_names
from .request.spec import HUB_URL, SpecOptions

_GROUP = "Containers"
_DEFAULTS = DockerOptions()


@attrs.frozen
class DefaultContainer:
    """The container of whatever brings none. ``text`` is the flag as it was given."""

    info: ContainerInfo
    text: str

    def __str__(self) -> str:
        return self.text


def parse_default_container(text: str) -> DefaultContainer:
    """A ContainerInfo as the API writes it. Raises ValueError."""
    try:
        return DefaultContainer(refined_json.decode(text.encode(), ContainerInfo), text)
    except CoreError as error:
        raise ValueError(str(error)) from None


def parse_container_path(text: str) -> str:
    """An absolute path without a colon."""
    if not text.startswith("/") or ":" in text or text.rstrip("/") == "":
        raise ValueError(f"{text!r} must be an absolute path other than /, without a colon")
    return text.rstrip("/")


def parse_image_providers(text: str) -> tuple[str, ...]:
    """``docker`` alone: there is nobody to get images of another kind."""
    names = tuple(name for part in text.split(",") if (name := part.strip().lower()))
    if set(names) - {"docker"}:
        raise ValueError(f"{text!r}: only docker is supported")
    return names


def parse_registry(text: str) -> str:
    """The address of a registry, with or without its scheme. Raises ValueError for a directory of images."""
    host = text.split("://", 1)[-1].rstrip("/")
    if not host or "/" in host or text.startswith(("hdfs:", "file:")):
        raise ValueError(f"{text!r} must be a registry, like https://registry.example.com:5000")
    return text


@attrs.frozen(kw_only=True)
class DockerFlags(LogFlags):
    """The flags as the agent's config has them."""

    docker: str = flag(
        "docker", help="Accepted for Mesos's sake: no program is run, see --docker_socket.", group=_GROUP
    )
    docker_socket: str | None = flag(
        None, help="Docker's socket; by default DOCKER_HOST, else /var/run/docker.sock.", group=_GROUP
    )
    docker_config: RegistryLogins | None = document(
        help="What registries are shown for tasks that bring nothing: a Docker config.json, or a file of it.",
        parse=parse_logins,
        group=_GROUP,
    )
    docker_pull_timeout: float = flag(
        _DEFAULTS.pull_timeout, help="How long the pull of an image may last.", parse=parse_duration, group=_GROUP
    )
    docker_remove_delay: float = flag(
        0.0, help="How long ended containers are kept.", parse=parse_duration, group=_GROUP
    )
    docker_kill_orphans: bool = flag(
        True, help="Whether containers of this agent that it does not remember are removed.", group=_GROUP
    )
    docker_stop_timeout: float = flag(
        0.0, help="The grace of Docker tasks, where it is longer than the next.", parse=parse_duration, group=_GROUP
    )
    docker_allow_privileged: bool = flag(
        False, help="Whether containers may be privileged or see the host's processes and memory.", group=_GROUP
    )
    docker_parameters: tuple[str, ...] = flag(
        (),
        help="Further docker parameters that tasks may use, as in device,pid; or all.",
        parse=parse_parameter_names,
        group=_GROUP,
    )
    docker_mesos_image: str | None = flag(
        None, help="Accepted for Mesos's sake: no executor is started beside a container.", group=_GROUP
    )
    docker_registry: str = flag(
        HUB_URL, help="Where images of MESOS containers come from.", parse=parse_registry, group=_GROUP
    )
    image_providers: tuple[str, ...] = flag(
        (), help="Accepted for Mesos's sake: docker.", parse=parse_image_providers, group=_GROUP
    )
    sandbox_directory: str = flag(
        SANDBOX_MOUNT, help="Where containers find their sandbox.", parse=parse_container_path, group=_GROUP
    )
    default_container_info: DefaultContainer | None = document(
        help="The container of tasks and executors that bring none, as JSON.",
        parse=parse_default_container,
        group=_GROUP,
    )
    default_container_dns: ContainerDns | None = document(
        help="Name servers of containers by their network, as JSON.", parse=parse_container_dns, group=_GROUP
    )
    cgroups_enable_cfs: bool = flag(False, help="Whether cpus asked for are a limit, too.", group=_GROUP)
    nvidia_gpu_devices: tuple[str, ...] = flag(
        (), help="The gpus to give out, by index; by default counted from 0.", group=_GROUP
    )


def docker_options(flags: DockerFlags, environ: Mapping[str, str], total_memory: int | None) -> DockerOptions:
    """What the containerizer goes by. ``total_memory`` is the machine's, in bytes."""
    socket = flags.docker_socket
    url = f"unix://{socket}" if socket is not None and "://" not in socket else socket
    return DockerOptions(
        url=url or environ.get("DOCKER_HOST") or _DEFAULTS.url,
        pull_timeout=flags.docker_pull_timeout,
        logins=flags.docker_config or RegistryLogins(),
        gpus=flags.nvidia_gpu_devices,
        spec=SpecOptions(
            is_cpu_limited=flags.cgroups_enable_cfs,
            total_memory=total_memory,
            dns=flags.default_container_dns or ContainerDns(),
            sandbox_mount=flags.sandbox_directory,
            allowed=Allowed(privileged=flags.docker_allow_privileged, parameters=flags.docker_parameters),
            registry=flags.docker_registry,
            logs=flags.log_limits,
        ),
    )
