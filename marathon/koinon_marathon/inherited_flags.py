"""Flags of Marathon that have no meaning here, so that unit files work as they are (marathon-semantics 27). Pure."""

from pathlib import Path

import attrs

from koinon_daemon.flags import flag, toggle
from koinon_daemon.inherited_flags import NOT_TAKEN, TAKEN, refused, taken


@attrs.frozen(kw_only=True)
class InheritedFlags:
    """A base of the real configuration, whose `problems` tell the refusals.

    What names a file is a Path, so that `file:///path` is not read before it is refused.
    """

    ha: bool = toggle(True, help="Every Marathon stands for election.", group=TAKEN)
    http_compression: bool = toggle(True, help="Answers are packed for whoever asks for it.", group=TAKEN)
    suppress_offers: bool = toggle(True, help="Offers are always suppressed while nothing waits.", group=TAKEN)
    mesos_offer_constraints: bool = toggle(False, help="The master is sent no constraints.", group=TAKEN)
    leader_proxy_ssl_ignore_hostname: bool = flag(False, help="The leader is asked over HTTP.", group=TAKEN)
    https_address: str | None = taken("HTTPS is not served; see --ssl_keystore_path.")
    https_port: int | None = taken("HTTPS is not served; see --ssl_keystore_path.")
    http_realm: str | None = taken("Nobody is asked for a password; see --http_credentials.")
    deprecated_features: tuple[str, ...] = flag((), help="There are none.", group=TAKEN)
    max_apps: int | None = taken("Has no effect in Marathon 1.11 either.")
    zk_timeout: int | None = taken("See --zk_session_timeout.")
    zk_connection_timeout: int | None = taken("See --zk_session_timeout.")
    zk_compression: bool = toggle(True, help="Records are stored as they are.", group=TAKEN)
    zk_compression_threshold: int | None = taken("Records are stored as they are.")
    zk_max_node_size: int | None = taken("ZooKeeper's own limit holds.")
    storage_compaction_interval: int | None = taken("Old versions go when a new one is written.")
    group_versions_cache_size: int | None = taken("All that is stored is in memory.")
    on_elected_prepare_timeout: int | None = taken("A new leader takes the time that reading its store takes.")
    graceful_shutdown_timeout: int | None = taken("Requests under way are given a moment.")
    leader_proxy_max_open_connections: int | None = taken("A standby opens as many as it has requests.")
    mesos_leader_ui_url: str | None = taken("There is no UI here that would link to it.")
    mesos_heartbeat_interval: int | None = taken("The master sends heartbeats and says how often.")
    mesos_heartbeat_failure_threshold: int | None = taken("The master sends heartbeats and says how often.")
    reconciliation_initial_delay: int | None = taken("The first one follows each subscription at once.")
    scale_apps_initial_delay: int | None = taken("A new leader counts at once.")
    task_lost_expunge_initial_delay: int | None = taken("Lost instances go the moment they are due.")
    task_lost_expunge_interval: int | None = taken("Lost instances go the moment they are due.")
    task_reservation_timeout: int | None = taken("Nothing is reserved.")
    offer_matching_timeout: int | None = taken("Offers are matched the moment they come, so many matches at a time.")

    http_credentials: str | None = refused("Nobody would be asked for the password.")
    ssl_keystore_path: Path | None = refused("HTTPS is not served: put a proxy that speaks TLS in front.")
    ssl_keystore_password: str | None = refused("HTTPS is not served: put a proxy that speaks TLS in front.")
    disable_http: bool = refused("HTTPS is not served, so nothing would be.", False)
    http_max_concurrent_requests: int | None = refused("Requests would not be limited.")
    access_control_allow_origin: str | None = refused("No CORS headers would be sent.")
    plugin_dir: Path | None = refused("Plugins, those that guard among them, would not be loaded.")
    plugin_conf: Path | None = refused("Plugins, those that guard among them, would not be loaded.")
    backup_location: Path | None = refused("No backup would be made.")
    metrics_statsd: bool = toggle(False, help="No metrics would be sent.", group=NOT_TAKEN)
    metrics_datadog: bool = toggle(False, help="No metrics would be sent.", group=NOT_TAKEN)
    logstash: str | None = refused("No logs would be sent: collect standard error.")
    sentry: str | None = refused("No errors would be sent: collect standard error.")
    executor: str = refused("Only //cmd is there.", "//cmd")
    new_group_enforce_role: str = refused("Only off is there.", "off")
    metrics_name_prefix: str = refused("Only marathon is there.", "marathon")
