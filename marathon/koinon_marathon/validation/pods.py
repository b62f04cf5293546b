"""The rules of one pod that need more than one field, or this Marathon's settings: marathon-v2-api 12."""

from collections.abc import Iterable, Iterator

from ..definition.apps import UnreachableDisabled, UnreachableStrategy
from ..definition.health_checks import CheckCommand
from ..definition.networks import NetworkMode
from ..definition.path_ids import path_id_problems
from ..definition.pod_containers import (
    ContainerCheck,
    ContainerHealthCheck,
    Endpoint,
    Exec,
    PodContainer,
)
from ..definition.pods import Pod
from ..definition.problems import Problem
from .apps import SpecRules, limit_problems
from .features import GPU_RESOURCES, SECRETS, feature_problems
from .linux import linux_problems
from .networks import WHICH_NETWORK, has_duplicates, mode_problems
from .residency import NEEDS_PRINCIPAL
from .secrets import declared_problems, env_problems
from .volumes import persistent_problems

_ONE_KIND = "Only one of http, tcp, or command may be specified"
_ONE_COMMAND = "Must specify either shell or argv"
_NO_ENDPOINT = "contained in the container endpoints"
_UNUSED = "volume must be referenced by at least one container"
_UNKNOWN_VOLUME = "Referenced Volume in VolumeMount should exist"
_TWO_KINDS = "a volume is one of host, persistent and secret"
_NEEDS_ROLE = "Resident pods cannot have the role *"
_NEEDS_UNRESERVED = "A resident pod must have acceptedResourceRoles [*] or none"
_NEEDS_PATIENCE = "unreachableStrategy must be disabled for pods with persistent volumes"


def validate_pod(pod: Pod, rules: SpecRules) -> list[Problem]:
    """Everything that is wrong with a complete definition, in Marathon's words; empty when it may be deployed."""
    return [
        *path_id_problems(pod.id),
        *(Problem("/user", "must not be empty") for user in [pod.user] if user == ""),
        *declared_problems(pod.secrets, rules.features),
        *env_problems(pod.environment, pod.secrets, rules.features, "/environment"),
        *_volume_problems(pod, rules),
        *_container_problems(pod, rules),
        *_endpoint_problems(pod),
        *mode_problems(pod.networks),
        *_role_problems(pod, rules),
        *_strategy_problems(pod),
        *_residency_problems(pod, rules),
        *_linux_problems(pod),
    ]


def _container_problems(pod: Pod, rules: SpecRules) -> Iterator[Problem]:
    if has_duplicates(one.name for one in pod.containers):
        yield Problem("/containers", "container names must be unique")
    if pod.gpus:
        yield from feature_problems(GPU_RESOURCES, rules.features, "/")
    for index, container in enumerate(pod.containers):
        path = f"/containers({index})"
        asked = {"cpus": container.resources.cpus, "mem": container.resources.mem}
        yield from limit_problems(container.resource_limits, asked, f"{path}/resourceLimits")
        yield from env_problems(container.environment, pod.secrets, rules.features, f"{path}/environment")
        yield from linux_problems(container.linux_info, f"{path}/linuxInfo")
        yield from _run_problems(container, path)
        yield from _image_problems(pod, container, rules, path)
        yield from _mount_problems(pod, container, path)
        yield from _check_problems(container, container.health_check, f"{path}/healthCheck")
        yield from _check_problems(container, container.check, f"{path}/check")


def _run_problems(container: PodContainer, path: str) -> Iterator[Problem]:
    if container.exec is None:
        if container.image is None:
            yield Problem(path, "must either contain an exec or an image that says what to run")
        return
    yield from _command_problems(container.exec.command, f"{path}/exec/command")
    if _says_no_override(container.exec):
        yield Problem(f"{path}/exec/overrideEntrypoint", "can not be false for a shell command")


def _says_no_override(exec_: Exec) -> bool:
    return exec_.command.shell is not None and exec_.override_entrypoint is False


def _command_problems(command: CheckCommand, path: str) -> Iterator[Problem]:
    if (command.shell is None) is (command.argv is None):
        yield Problem(path, _ONE_COMMAND)


def _image_problems(pod: Pod, container: PodContainer, rules: SpecRules, path: str) -> Iterator[Problem]:
    config = container.image.pull_config if container.image is not None else None
    if config is None:
        return
    yield from feature_problems(SECRETS, rules.features, f"{path}/image/pullConfig")
    if config.secret not in pod.secrets:
        yield Problem(f"{path}/image/pullConfig", "pullConfig.secret must refer to an existing secret")


def _mount_problems(pod: Pod, container: PodContainer, path: str) -> Iterator[Problem]:
    for index, mount in enumerate(container.volume_mounts):
        if pod.find_volume(mount.name) is None:
            yield Problem(f"{path}/volumeMounts({index})/name", _UNKNOWN_VOLUME)


def _check_problems(
    container: PodContainer, check: ContainerHealthCheck | ContainerCheck | None, path: str
) -> Iterator[Problem]:
    if check is None:
        return
    if sum(kind is not None for kind in (check.http, check.tcp, check.exec)) != 1:
        yield Problem(path, _ONE_KIND)
    if isinstance(check, ContainerHealthCheck) and check.timeout_seconds >= check.interval_seconds:
        text = f"got {check.timeout_seconds}, expected less than {check.interval_seconds}"
        yield Problem(f"{path}/timeoutSeconds", text)
    names = {endpoint.name for endpoint in container.endpoints}
    for kind, asked in (("http", check.http), ("tcp", check.tcp)):
        if asked is not None and asked.endpoint not in names:
            yield Problem(f"{path}/{kind}/endpoint", _NO_ENDPOINT)
    if check.exec is not None:
        yield from _command_problems(check.exec.command, f"{path}/exec/command")


def _endpoint_problems(pod: Pod) -> Iterator[Problem]:
    endpoints = pod.endpoints
    if has_duplicates(endpoint.name for endpoint in endpoints):
        yield Problem("/", "endpoint names must be unique across all containers")
    if has_duplicates(endpoint.container_port for endpoint in endpoints if endpoint.container_port):
        yield Problem("/", "container ports must be unique across all containers")
    if has_duplicates(endpoint.host_port for endpoint in endpoints if endpoint.host_port):
        yield Problem("/", "host ports must be unique across all containers")
    for index, container in enumerate(pod.containers):
        for number, endpoint in enumerate(container.endpoints):
            yield from _one_endpoint(pod, endpoint, f"/containers({index})/endpoints({number})")


def _one_endpoint(pod: Pod, endpoint: Endpoint, path: str) -> Iterator[Problem]:
    modes = [network.mode for network in pod.networks]
    names = sorted(network.name for network in pod.networks if network.name is not None)
    for index, name in enumerate(endpoint.network_names):
        if name not in names:
            yield Problem(f"{path}/networkNames({index})", f"is not one of ({','.join(names)})")
    if NetworkMode.HOST in modes and endpoint.container_port is not None:
        yield Problem(f"{path}/containerPort", "is not allowed when using host-mode networking")
    if NetworkMode.CONTAINER in modes and endpoint.container_port is None:
        yield Problem(f"{path}/containerPort", "is required when using container-mode networking")
    if has_duplicates(endpoint.protocol):
        yield Problem(f"{path}/protocol", "Duplicate protocols within the same endpoint are not allowed")
    if len(names) > 1 and endpoint.host_port is not None and len(endpoint.network_names) != 1:
        yield Problem(path, WHICH_NETWORK)


def _volume_problems(pod: Pod, rules: SpecRules) -> Iterator[Problem]:
    if has_duplicates(volume.name for volume in pod.volumes):
        yield Problem("/volumes", "volume names must be unique")
    mounted = {mount.name for container in pod.containers for mount in container.volume_mounts}
    for index, volume in enumerate(pod.volumes):
        path = f"/volumes({index})"
        if volume.name not in mounted:
            yield Problem(path, _UNUSED)
        if sum(kind is not None for kind in (volume.host, volume.persistent, volume.secret)) > 1:
            yield Problem(path, _TWO_KINDS)
        if volume.persistent is not None:
            yield from persistent_problems(volume.persistent, f"{path}/persistent")
        if volume.secret is not None:
            yield from feature_problems(SECRETS, rules.features, path)
            yield from _undeclared(volume.secret, pod.secrets, path)


def _undeclared(secret: str, declared: Iterable[str], path: str) -> Iterator[Problem]:
    if secret not in declared:
        yield Problem(f"{path}/secret", "volume.secret must refer to an existing secret")


def _role_problems(pod: Pod, rules: SpecRules) -> Iterator[Problem]:
    if pod.role not in rules.roles:
        yield Problem("/role", f"got {pod.role}, expected one of: [{', '.join(rules.roles)}]")
    allowed = sorted({"*", pod.role})
    if not set(pod.accepted_resource_roles or ()) <= set(allowed):
        text = f"acceptedResourceRoles can only contain {' and '.join(allowed)}"
        yield Problem("/acceptedResourceRoles", text)


def _strategy_problems(pod: Pod) -> Iterator[Problem]:
    unreachable = pod.unreachable_strategy
    if not isinstance(unreachable, UnreachableStrategy):
        return
    inactive, expunge = unreachable.inactive_after_seconds, unreachable.expunge_after_seconds
    if inactive > expunge:
        text = f"inactiveAfterSeconds ({inactive}) must be less or equal to expungeAfterSeconds, which is {expunge}"
        yield Problem("/scheduling/unreachableStrategy/inactiveAfterSeconds", text)


def _residency_problems(pod: Pod, rules: SpecRules) -> Iterator[Problem]:
    """What a pod with persistent volumes lacks, or has too much of (marathon-semantics 13)."""
    if not pod.is_resident:
        return
    if pod.role == "*":
        yield Problem("/role", _NEEDS_ROLE)
    if pod.accepted_resource_roles not in (None, ("*",)):
        yield Problem("/acceptedResourceRoles", _NEEDS_UNRESERVED)
    if pod.unreachable_strategy is not UnreachableDisabled.DISABLED:
        yield Problem("/", _NEEDS_PATIENCE)
    if pod.upgrade_strategy.maximum_over_capacity:
        share = pod.upgrade_strategy.maximum_over_capacity
        yield Problem("/scheduling/upgrade/maximumOverCapacity", f"got {share}, expected 0.0")
    if rules.principal is None:
        yield Problem("/", NEEDS_PRINCIPAL)


def _linux_problems(pod: Pod) -> Iterator[Problem]:
    if pod.linux_info is not None and pod.linux_info.seccomp is not None:
        yield Problem("/linuxInfo/seccomp", "Seccomp configuration on executor level is not supported")
    elif pod.linux_info is not None:
        yield from linux_problems(pod.linux_info, "/linuxInfo")
    if not pod.legacy_shared_cgroups:
        return
    for index, container in enumerate(pod.containers):
        if container.resource_limits is not None:
            text = "resourceLimits cannot be defined if legacySharedCgroups is enabled"
            yield Problem(f"/containers({index})/resourceLimits", text)
