"""`/ping`, `/v2/info` and `/v2/plugins` (marathon-v2-api 10, 13).

The keys of `/v2/info` are a closed set: strict clients raise on any other.
"""

from aiohttp import web

from koinon_core import __version__

from ..config import MARATHON_VERSION, MarathonConfig
from .answers import json_answer, text_answer
from .requests import JSON, accepts, route
from .service import Service

_UNSET = (
    "access_control_allow_origin", "launch_token", "launch_token_refresh_interval", "mesos_heartbeat_failure_threshold",
    "mesos_heartbeat_interval", "mesos_leader_ui_url", "offer_matching_timeout", "on_elected_prepare_timeout",
    "reconciliation_initial_delay", "scale_apps_initial_delay", "store_cache", "task_lost_expunge_initial_delay",
    "task_lost_expunge_interval", "task_reservation_timeout",
)  # fmt: skip
"""What Marathon shows and we have no setting for."""


class InfoResource:
    """Everything about this Marathon rather than its apps."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[web.RouteDef]:
        """All reads."""
        return [
            route("GET", "/ping", self.ping),
            route("GET", "/v2/info", self.show),
        ]

    async def ping(self, request: web.Request) -> web.Response:
        """`pong`, as the client wants it."""
        if accepts(request, "text/plain"):
            return text_answer("pong")
        return json_answer("pong") if accepts(request, JSON) else web.Response(status=204)

    async def show(self, _request: web.Request) -> web.Response:
        """Who we are and how we were started."""
        service, config = self._service, self._service.config
        leader = service.leadership.shown_leader
        return json_answer(
            {
                "name": config.framework_name,
                "version": MARATHON_VERSION,
                "buildref": f"koinon-{__version__}",
                "elected": service.leadership.is_serving,
                "leader": None if leader is None else str(leader),
                "frameworkId": service.framework_id,
                "marathon_config": _marathon_config(config, service.leadership.me.host),
                "zookeeper_config": _zookeeper_config(config),
                "http_config": {"http_port": service.http_port, "https_port": service.https_port},
            }
        )


def _marathon_config(config: MarathonConfig, hostname: str) -> dict[str, object]:
    return {
        **dict.fromkeys(_UNSET),
        "checkpoint": config.checkpoint,
        "decline_offer_duration": config.decline_offer_duration,
        "default_network_name": config.default_network_name,
        "env_vars_prefix": config.env_vars_prefix,
        "executor": "//cmd",
        "failover_timeout": int(config.failover_timeout),
        "features": list(config.enable_features),
        "framework_name": config.framework_name,
        "ha": True,
        "hostname": hostname,
        "leader_proxy_connection_timeout_ms": config.leader_proxy_connection_timeout,
        "leader_proxy_read_timeout_ms": config.leader_proxy_read_timeout,
        "local_port_max": config.local_port_max,
        "local_port_min": config.local_port_min,
        "maintenance_mode": config.maintenance_mode,
        "master": config.shown_master(),
        "max_instances_per_offer": config.max_instances_per_offer,
        "mesos_bridge_name": config.mesos_bridge_name,
        "mesos_role": config.mesos_role,
        "mesos_user": config.mesos_user,
        "min_revive_offers_interval": config.min_revive_offers_interval,
        "new_group_enforce_role": "Off",
        "reconciliation_interval": config.reconciliation_interval,
        "scale_apps_interval": config.scale_apps_interval,
        "task_launch_confirm_timeout": config.task_launch_confirm_timeout,
        "task_launch_timeout": config.task_launch_timeout,
        "webui_url": config.webui_url,
    }


def _zookeeper_config(config: MarathonConfig) -> dict[str, object]:
    return {
        "zk": str(config.zk),
        "zk_compression": None,
        "zk_compression_threshold": None,
        "zk_connection_timeout": None,
        "zk_max_node_size": None,
        "zk_max_versions": config.zk_max_versions,
        "zk_session_timeout": config.zk_session_timeout,
        "zk_timeout": None,
    }
