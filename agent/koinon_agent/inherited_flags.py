"""Flags of a Mesos agent that have no meaning here, so that unit files work as they are (mesos-semantics 12). Pure."""

from __future__ import annotations

from pathlib import Path

import attrs

from koinon_daemon.flag_values import parse_duration
from koinon_daemon.flags import flag
from koinon_daemon.inherited_flags import TAKEN, refused, taken

_NO_MODULES = "Modules of C++ are not loaded, and what they guard or do would not be."
_IMAGES_OF_THE_ENGINE = "Images of tasks without Docker containers are run by the Docker engine, too."
_NOTHING_OVERSUBSCRIBED = "Nothing is oversubscribed: no revocable resources are offered."


@attrs.frozen(kw_only=True, slots=False)  # slots would keep it from standing beside other bases
class InheritedFlags:
    """A base of the real configuration, whose ``problems`` tell the refusals."""

    docker_store_dir: Path | None = taken(_IMAGES_OF_THE_ENGINE)
    image_provisioner_backend: str | None = taken(_IMAGES_OF_THE_ENGINE)
    launcher_dir: Path | None = taken("No programs beside the agent are run.")
    runtime_dir: Path | None = taken("What is remembered lies in the work directory.")
    systemd_enable_support: bool = flag(
        True, help="Processes of tasks need no unit of their own: see KillMode in docs/operating.md.", group=TAKEN
    )
    systemd_runtime_directory: Path | None = taken("Nothing is written for systemd.")
    cgroups_hierarchy: Path | None = taken("Where cgroups are mounted is read from the kernel.")
    hadoop_home: Path | None = taken("URIs that need a Hadoop client are refused by name.")
    container_logger: str | None = taken("Output goes to the sandbox and is rotated there.")
    oversubscribed_resources_interval: float = flag(
        15.0, help=_NOTHING_OVERSUBSCRIBED, parse=parse_duration, group=TAKEN
    )
    qos_correction_interval_min: float = flag(0.0, help=_NOTHING_OVERSUBSCRIBED, parse=parse_duration, group=TAKEN)
    cgroups_cpu_enable_pids_and_tids_count: bool = flag(False, help="They are always counted.", group=TAKEN)
    container_disk_watch_interval: float | None = flag(
        None, help="Sandboxes are measured as somebody asks.", parse=parse_duration, group=TAKEN
    )
    docker_volume_checkpoint_dir: Path | None = taken("The engine remembers its volumes.")
    gc_non_executor_container_sandboxes: bool = flag(False, help="They go with their tasks'.", group=TAKEN)
    http_command_executor: bool = flag(False, help="No process runs beside a command.", group=TAKEN)
    image_gc_config: str | None = taken("Images stay with the engine until PRUNE_IMAGES or others remove them.")
    memory_profiling: bool = flag(False, help="There is no allocator here that could tell.", group=TAKEN)
    version: bool = flag(False, help="See --help, whose first line names it.", group=TAKEN)

    modules: str | None = refused(_NO_MODULES)
    modules_dir: str | None = refused(_NO_MODULES)
    hooks: str | None = refused(_NO_MODULES)
    resource_estimator: str = refused(_NOTHING_OVERSUBSCRIBED, "noop")
    qos_controller: str = refused(_NOTHING_OVERSUBSCRIBED, "noop")
    resource_provider_config_dir: Path | None = refused("Storage plugins are not run.")
    network_cni_config_dir: Path | None = refused("Networks are those of the Docker engine; CNI plugins are not run.")
    network_cni_plugins_dir: Path | None = refused("Networks are those of the Docker engine; CNI plugins are not run.")
    enforce_container_disk_quota: bool = refused("Disk is measured and told; nobody would be stopped.", False)
    cgroups_limit_swap: bool = refused("Swap would not be limited.", False)
    effective_capabilities: str | None = refused("Plain processes would keep all capabilities.")
    bounding_capabilities: str | None = refused("Plain processes would keep all capabilities.")
    secret_resolver: str | None = refused("Secrets of tasks are refused, whoever could resolve them.")
    ip_discovery_command: str | None = refused("No command is asked: give --ip.")
    firewall_rules: str | None = refused("Endpoints would stay open: see --acls.")
