"""`/ping` and `/v2/info` (marathon-v2-api 10).

The keys of `/v2/info` are a closed set: strict clients raise on any other.
"""

from aiohttp import web

from koinon_core import __version__

from ..config import MARATHON_VERSION, MarathonConfig
from ..plugins.interface import Action, Kind, Resource
from .answers import json_answer, text_answer
from .requests import JSON, accepts, route
from .service import Service

_AS_GIVEN = (
    "checkpoint", "decline_offer_duration", "default_network_name", "env_vars_prefix", "executor", "framework_name",
    "ha", "launch_token_refresh_interval", "local_port_max", "local_port_min", "maintenance_mode",
    "max_instances_per_offer", "mesos_bridge_name", "mesos_heartbeat_failure_threshold", "mesos_heartbeat_interval",
    "mesos_leader_ui_url", "mesos_role", "mesos_user", "min_revive_offers_interval", "offer_matching_timeout",
    "on_elected_prepare_timeout", "reconciliation_initial_delay", "reconciliation_interval", "scale_apps_initial_delay",
    "scale_apps_interval", "task_launch_confirm_timeout", "task_launch_timeout", "task_lost_expunge_initial_delay",
    "task_lost_expunge_interval", "task_reservation_timeout", "webui_url",
)  # fmt: skip
"""Flags that Marathon shows under their own names; null where nobody said anything and there is no default."""
_OF_ZOOKEEPER = (
    "zk_compression", "zk_compression_threshold", "zk_connection_timeout", "zk_max_node_size", "zk_max_versions",
    "zk_session_timeout", "zk_timeout",
)  # fmt: skip


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

    async def show(self, request: web.Request) -> web.Response:
        """Who we are and how we were started."""
        self._service.check(request, Action.VIEW, Resource(Kind.SYSTEM_CONFIG))
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
        **{name: getattr(config, name) for name in _AS_GIVEN},
        "access_control_allow_origin": list(config.access_control_allow_origin) or None,
        "failover_timeout": int(config.failover_timeout),
        "features": list(config.enable_features),
        "hostname": hostname,
        "launch_token": config.launch_tokens,
        "leader_proxy_connection_timeout_ms": config.leader_proxy_connection_timeout,
        "leader_proxy_read_timeout_ms": config.leader_proxy_read_timeout,
        "master": config.shown_master(),
        "new_group_enforce_role": config.new_group_enforce_role.capitalize(),
        "store_cache": None,
    }


def _zookeeper_config(config: MarathonConfig) -> dict[str, object]:
    return {"zk": str(config.zk), **{name: getattr(config, name) for name in _OF_ZOOKEEPER}}
