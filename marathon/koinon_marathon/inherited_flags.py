"""Flags of Marathon that have no meaning here, so that unit files work as they are (marathon-semantics 27). Pure."""

import attrs

from koinon_daemon.flag_values import Secret
from koinon_daemon.flags import flag, toggle
from koinon_daemon.inherited_flags import NOT_TAKEN, TAKEN, refused, taken


@attrs.frozen(kw_only=True, slots=False)
class InheritedFlags:
    """A base of the real configuration, whose `problems` tell the refusals."""

    ha: bool = toggle(True, help="Every Marathon stands for election.", group=TAKEN)
    mesos_offer_constraints: bool = toggle(False, help="The master is sent no constraints.", group=TAKEN)
    deprecated_features: tuple[str, ...] = flag((), help="There are none.", group=TAKEN)
    max_apps: int | None = taken("Has no effect in Marathon 1.11 either.")
    zk_timeout: int | None = taken("See --zk_session_timeout.")
    zk_connection_timeout: int | None = taken("See --zk_session_timeout.")
    zk_compression: bool = toggle(True, help="Records longer than 64 KiB are packed.", group=TAKEN)
    zk_compression_threshold: int | None = taken("Records longer than 64 KiB are packed.")
    zk_max_node_size: int | None = taken("ZooKeeper's own limit holds.")
    storage_compaction_interval: int | None = taken("Old versions go when a new one is written.")
    group_versions_cache_size: int | None = taken("All that is stored is in memory.")
    on_elected_prepare_timeout: int | None = taken("A new leader takes the time that reading its store takes.")
    mesos_heartbeat_interval: int | None = taken("The master sends heartbeats and says how often.")
    mesos_heartbeat_failure_threshold: int | None = taken("The master sends heartbeats and says how often.")
    reconciliation_initial_delay: int | None = taken("The first one follows each subscription at once.")
    scale_apps_initial_delay: int | None = taken("A new leader counts at once.")
    task_lost_expunge_initial_delay: int | None = taken("Lost instances go the moment they are due.")
    task_lost_expunge_interval: int | None = taken("Lost instances go the moment they are due.")
    offer_matching_timeout: int | None = taken("Offers are matched the moment they come, so many matches at a time.")

    metrics_datadog: bool = toggle(False, help="No metrics would be sent.", group=NOT_TAKEN)
    logstash: str | None = refused("No logs would be sent: collect standard error.")
    sentry: str | None = refused("No errors would be sent: collect standard error.")
    metrics_datadog_host: str | None = refused("No metrics would be sent.")
    metrics_datadog_port: int | None = refused("No metrics would be sent.")
    metrics_datadog_protocol: str | None = refused("No metrics would be sent.")
    metrics_datadog_api_key: Secret | None = refused("No metrics would be sent.")
    metrics_datadog_transmission_interval_ms: int | None = refused("No metrics would be sent.")
    internal_store_backend: str = refused("State is kept where --zk says; sqlite:// needs no ZooKeeper.", "zk")
