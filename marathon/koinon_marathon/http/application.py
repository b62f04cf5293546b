"""Puts the resources together: middlewares from the outside in, and every route."""

from aiohttp import web
from aiohttp.typedefs import Middleware

from koinon_daemon.error_bodies import error_middleware
from koinon_daemon.server import make_application
from koinon_web.http.pages import Pages

from .admission import admission
from .answers import render_error
from .apps import AppsResource
from .deployments import DeploymentsResource
from .events import EventsResource
from .groups import GroupsResource
from .info import InfoResource
from .leader import LeaderResource
from .metrics import MetricsResource
from .plan import PlanResource
from .plugins import PluginsResource
from .pods import PodsResource
from .queue import QueueResource
from .service import Service
from .system import SystemResource
from .tasks import TasksResource
from .transport import add_headers, refuse_other_types
from .ui import MarathonUi

_NOT_JSON_ALONE = ("/ping", "/metrics/prometheus", "/v2/tasks", "/v2/events")


def make_marathon_application(service: Service, proxy: Middleware) -> web.Application:
    """The application. `proxy` lets requests pass only where this Marathon leads."""
    metrics = MetricsResource(service)
    ui = MarathonUi(service)
    app = make_application(
        [
            metrics.measure,
            add_headers(service.leadership, compresses=service.config.http_compression),
            error_middleware(render_error),
            *ui.outer_middlewares(),
            *admission(service.config),
            proxy,
            service.gate.authenticate,
            refuse_other_types(_NOT_JSON_ALONE),
        ]
    )
    resources = (
        TasksResource(service),
        AppsResource(service),
        GroupsResource(service),
        DeploymentsResource(service),
        PodsResource(service),
        QueueResource(service),
        EventsResource(service),
        PlanResource(service),
        InfoResource(service),
        SystemResource(service),
        metrics,
        LeaderResource(service),
        PluginsResource(service, service.plugins),
    )
    for resource in resources:
        app.add_routes(resource.routes())
    ui.mount(app)
    app.add_routes(Pages().routes())
    return app
