"""Mesos's older read endpoints: requests to views, views to JSON (mesos-operator-api 2, 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from koinon_core import MESOS_VERSION
from koinon_core.ids import FrameworkId
from koinon_core.operator_api import TeardownFramework
from koinon_daemon.errors import ApiError
from koinon_daemon.flags import flag_texts
from koinon_daemon.redirect import leader_location

from .. import views
from ..events import OperatorCallReceived
from ..state import ClusterState
from .office import Office
from .routing import Handler

DEFAULT_LIMIT = 100
BUILD = {"version": MESOS_VERSION, "build_date": "2020-11-17 00:00:00", "build_time": 1605571200.0, "build_user": ""}
"""What tools parse to know whose behaviour they get; the time is the release's."""


def answer(value: Any) -> web.Response:
    """A value as JSON, without a charset in the type."""
    return web.Response(body=orjson.dumps(value), headers={"Content-Type": "application/json"})


class LegacyApi:
    """The handlers by path."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def handlers(self) -> Mapping[str, Handler]:
        """Path to handler; the ``.json`` names are for tools from before Mesos 1.8."""
        return {
            "/state": self.state,
            "/state.json": self.state,
            "/state-summary": self.summary,
            "/slaves": self.agents,
            "/frameworks": self.frameworks,
            "/tasks": self.tasks,
            "/tasks.json": self.tasks,
            "/teardown": self.teardown,
            "/flags": self.flags,
            "/health": self.health,
            "/version": self.version,
            "/redirect": self.redirect,
            "/metrics/snapshot": self.metrics,
        }

    @property
    def _state(self) -> ClusterState:
        return self._office.leading_loop().master.state

    async def state(self, _request: web.Request) -> web.Response:
        """``/state``."""
        state, office = self._state, self._office
        info = state.info
        view = BUILD | {
            "start_time": office.start_time,
            "elected_time": office.elected_time,
            "id": info.id,
            "pid": info.pid,
            "hostname": info.hostname,
            "capabilities": [one.type.name for one in info.capabilities if one.type is not None],
            "leader": info.pid,
            "leader_info": {"id": info.id, "pid": info.pid, "port": info.port, "hostname": info.hostname},
            "flags": flag_texts(office.config),
        }
        if office.config.cluster is not None:
            view["cluster"] = office.config.cluster
        return answer(view | views.show_state(state))

    async def summary(self, _request: web.Request) -> web.Response:
        """``/state-summary``."""
        state, cluster = self._state, self._office.config.cluster
        head = {"hostname": state.info.hostname} | ({} if cluster is None else {"cluster": cluster})
        return answer(head | views.show_summary(state))

    async def agents(self, request: web.Request) -> web.Response:
        """``/slaves``, ``/slaves?slave_id=`` or ``/slaves/<id>``."""
        below = request.path.partition("/slaves/")[2].strip("/")
        return answer(views.show_agents(self._state, request.query.get("slave_id") or below or None))

    async def frameworks(self, request: web.Request) -> web.Response:
        """``/frameworks``."""
        return answer(views.show_frameworks(self._state, request.query.get("framework_id") or None))

    async def tasks(self, request: web.Request) -> web.Response:
        """``/tasks``."""
        query = request.query
        limit, offset = _number(query, "limit", DEFAULT_LIMIT), _number(query, "offset", 0)
        framework_id, task_id = query.get("framework_id"), query.get("task_id")
        chosen = [
            task
            for task in views.all_tasks(self._state)
            if framework_id in (None, task.framework_id) and task_id in (None, task.id)
        ]
        chosen.sort(key=views.first_timestamp, reverse=query.get("order") != "asc")
        return answer({"tasks": views.encode_tasks(chosen[offset : offset + limit])})

    async def teardown(self, request: web.Request) -> web.Response:
        """``POST /teardown`` with the form field ``frameworkId``."""
        if request.method != "POST":
            raise ApiError(405, "Expecting one of { 'POST' }", {"Allow": "POST"})
        loop = self._office.leading_loop()
        framework_id = FrameworkId(str((await request.post()).get("frameworkId", "")))
        if not framework_id:
            raise ApiError(400, "Missing 'frameworkId' query parameter")
        call = TeardownFramework(framework_id)
        answered = await loop.ask(lambda request: OperatorCallReceived(request=request, body=call))
        if answered.text:
            raise ApiError(answered.status, answered.text)
        return web.Response(status=answered.status)

    async def flags(self, _request: web.Request) -> web.Response:
        """``/flags``."""
        return answer({"flags": flag_texts(self._office.config)})

    async def health(self, _request: web.Request) -> web.Response:
        """``/health``: 200 and nothing more."""
        return web.Response(status=200)

    async def version(self, _request: web.Request) -> web.Response:
        """``/version``."""
        return answer(BUILD)

    async def redirect(self, _request: web.Request) -> web.Response:
        """``/redirect``: to the leader, also on the leader itself."""
        leader = self._office.leader
        if leader is None:
            raise ApiError(503, "No leader elected")
        return web.Response(status=307, headers={"Location": leader_location(leader, "")})

    async def metrics(self, _request: web.Request) -> web.Response:
        """``/metrics/snapshot``."""
        return answer(self._office.metrics.snapshot())


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise ApiError(400, f"Failed to parse query parameter '{name}': {text!r} is not a number")
    return int(text)
