"""All endpoints of a master in one application: which path reaches whom, and what standbys answer themselves."""

from __future__ import annotations

from aiohttp import web

from koinon_core.agent_link import LINK_PATH
from koinon_daemon.auth import authentication
from koinon_daemon.compression import compression
from koinon_daemon.error_bodies import error_middleware
from koinon_daemon.express import LANE
from koinon_daemon.files_api import FilesApi
from koinon_daemon.monitoring_api import MonitoringApi
from koinon_daemon.redirect import leader_redirect
from koinon_daemon.server import make_application
from koinon_web.http.pages import Pages
from koinon_web.paths import HOME

from ..prometheus_names import RULES
from .access import authorization, jsonp_gate
from .agent_link import AgentLinkApi
from .legacy import LegacyApi
from .legacy_writes import LegacyWriteApi
from .office import Office
from .operator_api import OperatorApi
from .realms import make_find_realm
from .routing import OWN_PREFIX, PrefixRouter
from .scheduler_api import SchedulerApi
from .ui import MasterUi

ANSWERED_LOCALLY = (
    "/health",
    "/version",
    "/metrics",
    "/metrics/snapshot",
    "/redirect",
    "/flags",
    "/help",
    "/system/stats.json",
    "/stats.json",
    "/logging/toggle",
    "/files/",
)
"""By standbys too (mesos-operator-api 2); everything else is the leader's."""
_TO_THE_UI = ["", HOME.rstrip("/"), HOME]
"""The UI is every master's own: its page says who leads, and that nobody does. The first is `/`."""


def make_master_application(office: Office) -> web.Application:
    """The application that ``HttpServer`` serves."""
    exempt = [prefix + path for path in ANSWERED_LOCALLY for prefix in ("", OWN_PREFIX)] + _TO_THE_UI
    credentials = office.config.credentials
    asking = [] if credentials is None else [authentication(credentials, make_find_realm(office.config))]
    judging = [] if office.config.acls is None else [authorization(office.config)]
    ui = MasterUi(office)
    app = make_application(
        [
            compression(),
            error_middleware(),
            *ui.outer_middlewares(),
            jsonp_gate(office.config),
            *asking,
            *judging,
            *ui.inner_middlewares(),
            leader_redirect(office.leadership, exempt),
        ]
    )
    scheduler_api = SchedulerApi(office)
    app[LANE] = scheduler_api.express()
    handlers = {
        "/api/v1": OperatorApi(office).handle,
        "/api/v1/scheduler": scheduler_api.handle,
        LINK_PATH: AgentLinkApi(office).handle,
        **LegacyApi(office).handlers(),
        **LegacyWriteApi(office).handlers(),
        **MonitoringApi(office.metrics, RULES, office.logging).handlers(),
        **FilesApi(office.files).handlers(),
    }
    # The busiest by their exact path, which the router finds in a table; it tries patterns only after that.
    for path in ("/api/v1/scheduler", LINK_PATH):
        app.router.add_route("*", path, handlers[path])
    ui.mount(app)
    app.add_routes(Pages().routes())
    app.router.add_route("*", "/{path:.*}", PrefixRouter(handlers).handle)
    return app
