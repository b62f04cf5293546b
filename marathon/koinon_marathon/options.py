"""Marathon's settings that its rules read: names and defaults of marathon-semantics 27 unless a word says otherwise.

The flags themselves are `config`; what completes a submitted definition is `normalization.Settings`.
"""

import attrs

from .changes.service_ports import ServicePortRange


@attrs.frozen(kw_only=True)
class Options:
    """All times are seconds.

    Three defaults are not Marathon's. `max_instances_per_offer` was 5 so that one offer, passed from app to app, did
    not all go to one; here apps and offers take turns for every single launch, and a low limit only costs rounds of
    offers. `min_revive_offers_interval` was 5 s: it is the longest a second relaunch waits for its offer, and a revive
    costs the master one allocation. `launch_tokens` were 100: with a hundred launches under way a cluster of some size
    stands idle while images are pulled; what they guard against, launches that come to nothing, the delay after
    failures holds back app by app.
    """

    default_role: str = "*"
    accepted_resource_roles_default_behavior: str = "any"
    decline_offer_duration: float = 120.0
    min_revive_offers_interval: float = 0.1
    max_instances_per_offer: int = 100
    suppress_offers: bool = True
    launch_tokens: int = 1000
    launch_token_refresh_interval: float = 30.0
    gpu_scheduling_behavior: str = "restricted"
    principal: str | None = None
    task_reservation_timeout: float = 20.0
    maintenance_mode: bool = True
    draining_seconds: float = 0.0
    env_vars_prefix: str = ""
    mesos_bridge_name: str = "mesos-bridge"
    executor: str = "//cmd"
    """Of apps that name none."""
    task_launch_confirm_timeout: float = 300.0
    task_launch_timeout: float = 300.0
    reconciliation_interval: float = 600.0
    scale_apps_interval: float = 300.0
    max_running_deployments: int = 100
    kill_chunk_size: int = 100
    kill_retry_timeout: float = 30.0
    zk_max_versions: int = 50
    new_group_enforce_role: bool = False
    service_ports: ServicePortRange = attrs.field(factory=ServicePortRange)
