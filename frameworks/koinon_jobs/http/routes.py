"""Every route, as the plugin's host mounts them: below its name, and Chronos's once more at the root."""

from __future__ import annotations

from aiohttp import web

from .chronos_import import ChronosImportResource
from .chronos_jobs import ChronosJobsResource
from .chronos_reports import ChronosReportsResource
from .desk import Desk
from .events import EventsResource
from .jobs import JobsResource
from .runs import RunsResource


def make_routes(desk: Desk) -> list[web.RouteDef]:
    """All, relative to where the plugin is mounted."""
    resources = (JobsResource(desk), RunsResource(desk), EventsResource(desk), ChronosImportResource(desk))
    return [*(route for each in resources for route in each.routes()), *make_root_routes(desk)]


def make_root_routes(desk: Desk) -> list[web.RouteDef]:
    """Those that clients of Chronos ask for at the root."""
    resources = (ChronosJobsResource(desk), ChronosReportsResource(desk))
    return [route for each in resources for route in each.routes()]
