"""The flags of `koinon-marathon`: Marathon's names, defaults and units (marathon-semantics 27). Pure.

As in Marathon, bare times are milliseconds unless the help says seconds; `options` turns them into what rules read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from koinon_core import __version__
from koinon_daemon.credentials import Credential
from koinon_daemon.flag_help import Program
from koinon_daemon.flag_values import Secret, parse_port
from koinon_daemon.flags import document, flag, toggle
from koinon_daemon.inherited_flags import find_refusals
from koinon_daemon.listen import is_loopback
from koinon_daemon.verbosity import find_logging_problems
from koinon_frameworks import MasterAddressError
from koinon_frameworks.driver.master_address import parse_master_address
from koinon_zk import QuorumUrl

from .access_flags import AccessFlags
from .changes.service_ports import ServicePortRange
from .inherited_flags import InheritedFlags
from .metrics.flags import MetricsFlags
from .normalization import Settings
from .options import Options

MARATHON_VERSION = "1.11.24"
"""The release whose behaviour we offer; clients gate features on it."""
PROGRAM = Program(
    name="koinon-marathon",
    version=__version__,
    summary="Keeps apps running on the offers of a Koinon cluster.",
    prefix="MARATHON_",
)


def parse_master(text: str) -> str:
    """An address that the SDK can follow: host:port, several of them, zk://, sqlite:// or file://."""
    try:
        parse_master_address(text)
    except MasterAddressError as error:
        raise ValueError(str(error)) from None
    return text


def _inherited_last(config_class: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """The order of the help: what has an effect comes first."""
    own = (config_class, AccessFlags, MetricsFlags)
    return sorted(fields, key=lambda field: not any(field.name in base.__annotations__ for base in own))


@attrs.frozen(kw_only=True, field_transformer=_inherited_last)
class MarathonConfig(AccessFlags, MetricsFlags, InheritedFlags):
    """The flags of `koinon-marathon`."""

    master: str = flag(
        help="Where the master is: host:port, zk://host:port,.../path or sqlite:///file.", parse=parse_master
    )
    zk: QuorumUrl = flag(
        help="Where Marathons elect their leader and keep their state: zk://host:port,.../marathon, or "
        "sqlite:///file?path=/marathon on one machine.",
        parse=QuorumUrl.parse,
    )
    zk_session_timeout: int = flag(10000, help="Milliseconds until ZooKeeper gives up a Marathon it does not hear.")
    zk_max_versions: int = flag(50, help="How many versions of an app, and of the tree of groups, are kept.")

    hostname: str | None = flag(
        None,
        help="Name that others reach this Marathon by; by default this machine's, or the loopback address.",
        group="Network",
    )
    webui_url: str | None = flag(None, help="Address of the UI, as the master shows it.", group="Network")
    mesos_leader_ui_url: str | None = flag(
        None, help="Address of the master's UI, as /v2/info shows it.", group="Network"
    )
    leader_proxy_connection_timeout: int = flag(
        5000, help="Milliseconds a standby waits for a connection to the leader.", group="Network"
    )
    leader_proxy_read_timeout: int = flag(
        10000, help="Milliseconds a standby waits for the leader's answer.", group="Network"
    )
    event_stream_max_outstanding_messages: int = flag(
        1024, help="Most events that wait for a slow reader of /v2/events; one more, and it is cut.", group="Network"
    )

    framework_name: str = flag("marathon", help="Name of the framework.", group="Framework")
    failover_timeout: float = flag(604800.0, help="Seconds that tasks outlive the last Marathon.", group="Framework")
    checkpoint: bool = toggle(True, help="Let tasks outlive a restart of their agent.", group="Framework")
    mesos_role: str = flag("*", help="Role that offers are asked for.", group="Framework")
    mesos_user: str | None = flag(
        None, help="User that tasks run as; by default the one Marathon runs as.", group="Framework"
    )
    mesos_authentication: bool = toggle(
        False, help="Prove to the master who this framework is; a secret alone says so, too.", group="Framework"
    )
    mesos_authentication_principal: str | None = flag(
        None, help="Who the framework is to the master, its ACLs and its reservations.", group="Framework"
    )
    mesos_authentication_secret: Secret | None = flag(None, help="What proves it.", group="Framework")
    mesos_authentication_secret_file: Secret | None = document(
        help="A file of what proves it.", parse=Secret, group="Framework"
    )
    enable_features: tuple[str, ...] = flag((), help="Optional features, such as gpu_resources.", group="Framework")

    decline_offer_duration: int = flag(
        120000, help="Milliseconds for which an unused offer is refused.", group="Offers"
    )
    min_revive_offers_interval: int = flag(
        100, help="Least milliseconds between two requests for offers (5000 in Marathon).", group="Offers"
    )
    max_instances_per_offer: int = flag(
        100, help="Most instances launched on one offer (5 in Marathon).", group="Offers"
    )
    launch_tokens: int = flag(
        1000, help="Most launches under way before their tasks run (100 in Marathon).", group="Offers"
    )
    launch_token_refresh_interval: int = flag(
        30000, help="Milliseconds until as many may begin again, whether tasks run or not.", group="Offers"
    )
    accepted_resource_roles_default_behavior: str = flag(
        "any", help="Which resources apps take that say nothing: any, unreserved or reserved.", group="Offers"
    )
    gpu_scheduling_behavior: str = flag(
        "restricted", help="Whether apps without GPUs run on agents with: restricted or unrestricted.", group="Offers"
    )
    suppress_offers: bool = toggle(True, help="Want no offers while nothing waits.", group="Offers")
    maintenance_mode: bool = toggle(True, help="Refuse offers of agents that are to be maintained.", group="Offers")
    draining_seconds: int = flag(
        0, help="Seconds before its maintenance from which an agent is refused.", group="Offers"
    )

    task_launch_timeout: int = flag(
        300000, help="Milliseconds until a task that does not come to run is killed.", group="Apps"
    )
    task_launch_confirm_timeout: int = flag(
        300000, help="Milliseconds until a launch that nobody confirmed is given up.", group="Apps"
    )
    task_reservation_timeout: int = flag(
        20000, help="Milliseconds until a reservation that no offer carries is given up.", group="Apps"
    )
    reconciliation_interval: int = flag(600000, help="Milliseconds between two reconciliations.", group="Apps")
    scale_apps_interval: int = flag(300000, help="Milliseconds between two counts of all instances.", group="Apps")
    local_port_min: int = flag(10000, help="First service port to assign.", parse=parse_port, group="Apps")
    local_port_max: int = flag(20000, help="Last service port to assign.", parse=parse_port, group="Apps")
    env_vars_prefix: str | None = flag(None, help="Put before PORT and the like in the environment.", group="Apps")
    default_network_name: str | None = flag(None, help="Container network of apps that name none.", group="Apps")
    executor: str = flag(
        "//cmd", help="Path of the executor of apps that name none; //cmd is the agent itself.", group="Apps"
    )
    mesos_bridge_name: str = flag("mesos-bridge", help="Bridge network of plain containers.", group="Apps")
    new_group_enforce_role: str = flag(
        "off",
        help="Whether new top-level groups hold their apps to the group's role: off or top.",
        parse=str.lower,
        group="Apps",
    )
    max_running_deployments: int = flag(100, help="Most deployments at a time.", group="Apps")
    max_queued_root_group_updates: int = flag(500, help="Most changes that wait for their turn.", group="Apps")
    max_concurrent_marathon_health_checks: int = flag(
        256, help="Most health and readiness checks that Marathon itself runs at a time.", group="Apps"
    )
    kill_chunk_size: int = flag(100, help="Most kills under way at a time.", group="Apps")
    kill_retry_timeout: int = flag(30000, help="Milliseconds until a kill is asked for again.", group="Apps")

    logging_level: str = flag("INFO", help="DEBUG, INFO, WARNING, ERROR or CRITICAL.", group="Logging")
    log_format: str = flag("console", help="console or json.", group="Logging")

    def problems(self) -> Iterator[str]:
        """What is wrong across flags and with single values."""
        yield from find_logging_problems(self.logging_level, self.log_format)
        yield from self._wrong_words()
        yield from self._wrong_credential()
        yield from find_refusals(self)
        yield from self.access_problems()
        yield from self.metrics_problems()
        if self.local_port_min > self.local_port_max:
            yield f"--local_port_min: {self.local_port_min} is above --local_port_max, {self.local_port_max}"
        for name in _POSITIVE:
            if getattr(self, name) <= 0:
                yield f"--{name} must be more than 0"
        for name in _NOT_NEGATIVE:
            if getattr(self, name) < 0:
                yield f"--{name} must not be negative"

    def _wrong_words(self) -> Iterator[str]:
        for name, words in _WORDS.items():
            if getattr(self, name) not in words:
                yield f"--{name}: {getattr(self, name)!r} is not one of {', '.join(words)}"
        for feature in self.enable_features:
            if feature not in FEATURES:
                yield f"--enable_features: {feature!r} is not one of {', '.join(FEATURES)}"

    def _wrong_credential(self) -> Iterator[str]:
        secrets = (self.mesos_authentication_secret, self.mesos_authentication_secret_file)
        if None not in secrets:
            yield "--mesos_authentication_secret and --mesos_authentication_secret_file exclude each other"
        if (self.mesos_authentication or secrets != (None, None)) and not self.mesos_authentication_principal:
            yield "--mesos_authentication_principal is needed: a secret proves nobody without it"

    def credential(self) -> Credential | None:
        """What proves to the master who this framework is; None where it does not have to."""
        secret = self.mesos_authentication_secret or self.mesos_authentication_secret_file
        if self.mesos_authentication_principal is None or not (self.mesos_authentication or secret):
            return None
        return Credential(self.mesos_authentication_principal, secret.value if secret is not None else "")

    def options(self) -> Options:
        """What the rules read."""
        return Options(
            default_role=self.mesos_role,
            accepted_resource_roles_default_behavior=self.accepted_resource_roles_default_behavior,
            decline_offer_duration=self.decline_offer_duration / 1000,
            min_revive_offers_interval=self.min_revive_offers_interval / 1000,
            max_instances_per_offer=self.max_instances_per_offer,
            suppress_offers=self.suppress_offers,
            launch_tokens=self.launch_tokens,
            launch_token_refresh_interval=self.launch_token_refresh_interval / 1000,
            gpu_scheduling_behavior=self.gpu_scheduling_behavior,
            principal=self.mesos_authentication_principal,
            task_reservation_timeout=self.task_reservation_timeout / 1000,
            maintenance_mode=self.maintenance_mode,
            draining_seconds=float(self.draining_seconds),
            env_vars_prefix=self.env_vars_prefix or "",
            mesos_bridge_name=self.mesos_bridge_name,
            executor=self.executor,
            task_launch_confirm_timeout=self.task_launch_confirm_timeout / 1000,
            task_launch_timeout=self.task_launch_timeout / 1000,
            reconciliation_interval=self.reconciliation_interval / 1000,
            scale_apps_interval=self.scale_apps_interval / 1000,
            max_running_deployments=self.max_running_deployments,
            kill_chunk_size=self.kill_chunk_size,
            kill_retry_timeout=self.kill_retry_timeout / 1000,
            zk_max_versions=self.zk_max_versions,
            new_group_enforce_role=self.new_group_enforce_role == "top",
            service_ports=ServicePortRange(first=self.local_port_min, last=self.local_port_max),
        )

    def settings(self) -> Settings:
        """What completes a submitted definition."""
        return Settings(
            default_role=self.mesos_role,
            default_network_name=self.default_network_name,
            bridge_name=self.mesos_bridge_name,
            features=frozenset(self.enable_features),
            principal=self.mesos_authentication_principal,
            new_group_enforce_role=self.new_group_enforce_role == "top",
        )

    def shown_master(self) -> str:
        """The master's address without a password in it."""
        address = parse_master_address(self.master)
        return str(address) if isinstance(address, QuorumUrl) else self.master

    def advertised_host(self, machine_name: str) -> str:
        """The name that others are told: nobody reaches a loopback listener by the machine's name."""
        if self.hostname is not None:
            return self.hostname
        return self.http_address if is_loopback(self.http_address) else machine_name


FEATURES = ("vips", "task_killing", "external_volumes", "secrets", "gpu_resources")
_WORDS = {
    "new_group_enforce_role": ("off", "top"),
    "accepted_resource_roles_default_behavior": ("any", "unreserved", "reserved"),
    "gpu_scheduling_behavior": ("restricted", "unrestricted"),
}
_POSITIVE = (
    "zk_session_timeout",
    "zk_max_versions",
    "leader_proxy_connection_timeout",
    "leader_proxy_read_timeout",
    "event_stream_max_outstanding_messages",
    "max_instances_per_offer",
    "launch_tokens",
    "launch_token_refresh_interval",
    "task_launch_timeout",
    "task_launch_confirm_timeout",
    "task_reservation_timeout",
    "reconciliation_interval",
    "scale_apps_interval",
    "local_port_min",
    "max_running_deployments",
    "max_queued_root_group_updates",
    "kill_chunk_size",
    "max_concurrent_marathon_health_checks",
    "kill_retry_timeout",
)
_NOT_NEGATIVE = ("failover_timeout", "decline_offer_duration", "min_revive_offers_interval", "draining_seconds")
