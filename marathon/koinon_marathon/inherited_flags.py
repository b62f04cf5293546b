"""Flags of Marathon that have no meaning here, so that unit files work as they are (marathon-semantics 27). Pure.

Those whose absence changes nothing that anybody relies on are taken, and their help says why they have no effect. Those
that guard, limit or report something are refused by name: to take them would weaken a cluster without a word.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from koinon_daemon.flags import flag, flag_specs, toggle

_TAKEN = "Taken from Marathon, without effect"
_NOT_TAKEN = "Refused when set"


def _taken(why: str) -> Any:
    return flag(None, help=why, group=_TAKEN)


def _refused(why: str) -> Any:
    return flag(None, help=why, group=_NOT_TAKEN)


@attrs.frozen(kw_only=True)
class InheritedFlags:
    """A base of the real configuration; nothing reads these values but `refusals`.

    What names a file is a Path, so that `file:///path` is not read before it is refused.
    """

    ha: bool = toggle(True, help="Every Marathon stands for election.", group=_TAKEN)
    http_compression: bool = toggle(True, help="Answers are packed for whoever asks for it.", group=_TAKEN)
    suppress_offers: bool = toggle(True, help="Offers are always suppressed while nothing waits.", group=_TAKEN)
    mesos_offer_constraints: bool = toggle(False, help="The master is sent no constraints.", group=_TAKEN)
    leader_proxy_ssl_ignore_hostname: bool = flag(False, help="The leader is asked over HTTP.", group=_TAKEN)
    https_address: str | None = _taken("HTTPS is not served; see --ssl_keystore_path.")
    https_port: int | None = _taken("HTTPS is not served; see --ssl_keystore_path.")
    http_realm: str | None = _taken("Nobody is asked for a password; see --http_credentials.")
    deprecated_features: tuple[str, ...] = flag((), help="There are none.", group=_TAKEN)
    max_apps: int | None = _taken("Has no effect in Marathon 1.11 either.")
    zk_timeout: int | None = _taken("See --zk_session_timeout.")
    zk_connection_timeout: int | None = _taken("See --zk_session_timeout.")
    zk_compression: bool = toggle(True, help="Records are stored as they are.", group=_TAKEN)
    zk_compression_threshold: int | None = _taken("Records are stored as they are.")
    zk_max_node_size: int | None = _taken("ZooKeeper's own limit holds.")
    storage_compaction_interval: int | None = _taken("Old versions go when a new one is written.")
    group_versions_cache_size: int | None = _taken("All that is stored is in memory.")
    on_elected_prepare_timeout: int | None = _taken("A new leader takes the time that reading its store takes.")
    graceful_shutdown_timeout: int | None = _taken("Requests under way are given a moment.")
    leader_proxy_max_open_connections: int | None = _taken("A standby opens as many as it has requests.")
    mesos_leader_ui_url: str | None = _taken("There is no UI here that would link to it.")
    mesos_heartbeat_interval: int | None = _taken("The master sends heartbeats and says how often.")
    mesos_heartbeat_failure_threshold: int | None = _taken("The master sends heartbeats and says how often.")
    reconciliation_initial_delay: int | None = _taken("The first one follows each subscription at once.")
    scale_apps_initial_delay: int | None = _taken("A new leader counts at once.")
    task_lost_expunge_initial_delay: int | None = _taken("Lost instances go the moment they are due.")
    task_lost_expunge_interval: int | None = _taken("Lost instances go the moment they are due.")
    task_reservation_timeout: int | None = _taken("Nothing is reserved.")
    offer_matching_timeout: int | None = _taken("Offers are matched at once.")
    launch_tokens: int | None = _taken("Launches are as many as offers allow.")
    launch_token_refresh_interval: int | None = _taken("Launches are as many as offers allow.")
    max_concurrent_marathon_health_checks: int | None = _taken("Marathon runs no health checks yet.")
    event_stream_max_outstanding_messages: int | None = _taken("There is no event stream yet.")

    http_credentials: str | None = _refused("Nobody would be asked for the password.")
    ssl_keystore_path: Path | None = flag(
        None, help="HTTPS is not served: put a proxy that speaks TLS in front.", group=_NOT_TAKEN
    )
    ssl_keystore_password: str | None = _refused("HTTPS is not served: put a proxy that speaks TLS in front.")
    disable_http: bool = flag(False, help="HTTPS is not served, so nothing would be.", group=_NOT_TAKEN)
    http_max_concurrent_requests: int | None = _refused("Requests would not be limited.")
    access_control_allow_origin: str | None = _refused("No CORS headers would be sent.")
    plugin_dir: Path | None = flag(
        None, help="Plugins, those that guard among them, would not be loaded.", group=_NOT_TAKEN
    )
    plugin_conf: Path | None = flag(
        None, help="Plugins, those that guard among them, would not be loaded.", group=_NOT_TAKEN
    )
    backup_location: Path | None = flag(None, help="No backup would be made.", group=_NOT_TAKEN)
    metrics_statsd: bool = toggle(False, help="No metrics would be sent.", group=_NOT_TAKEN)
    metrics_datadog: bool = toggle(False, help="No metrics would be sent.", group=_NOT_TAKEN)
    logstash: str | None = _refused("No logs would be sent: collect standard error.")
    sentry: str | None = _refused("No errors would be sent: collect standard error.")
    executor: str = flag("//cmd", help="Only //cmd is there.", group=_NOT_TAKEN)
    new_group_enforce_role: str = flag("off", help="Only off is there.", group=_NOT_TAKEN)
    metrics_name_prefix: str = flag("marathon", help="Only marathon is there.", group=_NOT_TAKEN)

    def refusals(self) -> Iterator[str]:
        """Each flag that would promise what is not kept, and why."""
        for spec in flag_specs(InheritedFlags):
            if spec.group == _NOT_TAKEN and getattr(self, spec.name) != spec.default:
                yield f"--{spec.name} is not supported: {spec.help}"
