"""Mesos's older read endpoints: requests to views, views to JSON (mesos-operator-api 2, 3).

They answer every method alike, as Mesos's do; those that also write are ``legacy_writes``'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

from koinon_core.wire import refined_json
from koinon_daemon.errors import ApiError
from koinon_daemon.flags import flag_texts
from koinon_daemon.json_answer import answer_bytes, answer_json
from koinon_daemon.redirect import leader_location

from .. import views
from ..entities import Task
from ..identity import BUILD
from ..state import ClusterState
from .access import seen_state
from .help import HELP
from .office import Office
from .routing import Handler, require_method

DEFAULT_LIMIT = 100


class LegacyApi:
    """The handlers by path."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._bodies: dict[str, tuple[int, bytes]] = {}

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
            "/roles": self.roles,
            "/roles.json": self.roles,
            "/maintenance/status": self.maintenance_status,
            "/koinon/explain": self.explain,
            "/flags": self.flags,
            "/version": self.version,
            "/redirect": self.redirect,
            "/help": self.help,
        }

    def _seen(self, request: web.Request) -> ClusterState:
        return seen_state(self._office.leading_loop().master.state, request)

    def _answer(self, request: web.Request, name: str, show: Callable[[ClusterState], Any]) -> web.Response:
        """A document of the whole cluster: the very same bytes as the last time while no event was handled."""
        loop = self._office.leading_loop()
        state = seen_state(loop.master.state, request)
        if state is not loop.master.state:
            return answer_json(request, show(state))
        handled, body = self._bodies.get(name, (None, b""))
        if handled != loop.handled:
            body = orjson.dumps(show(state))
            self._bodies[name] = (loop.handled, body)
        return answer_bytes(request, body)

    async def state(self, request: web.Request) -> web.Response:
        """``/state``."""
        return self._answer(request, "state", self._show_state)

    def _show_state(self, state: ClusterState) -> dict[str, Any]:
        office = self._office
        info = state.info
        domain = self._domain(state)
        view = BUILD | {
            "start_time": office.start_time,
            "elected_time": office.elected_time,
            "id": info.id,
            "pid": info.pid,
            "hostname": info.hostname,
            "capabilities": [one.type.name for one in info.capabilities if one.type is not None],
            "leader": info.pid,
            "leader_info": {"id": info.id, "pid": info.pid, "port": info.port, "hostname": info.hostname} | domain,
            **domain,
        }
        if state.seen_by.find_flags_refusal() is None:
            view |= self._own_flags()
        return view | views.show_state(state)

    def _domain(self, state: ClusterState) -> dict[str, Any]:
        domain = state.info.domain
        return {} if domain is None else {"domain": refined_json.to_plain(domain)}

    def _own_flags(self) -> dict[str, Any]:
        """The flags, and those that also stand alone."""
        texts = flag_texts(self._office.config)
        return {name: texts[name] for name in ("cluster", "log_dir", "external_log_file") if name in texts} | {
            "flags": texts
        }

    async def summary(self, request: web.Request) -> web.Response:
        """``/state-summary``."""
        cluster = self._office.config.cluster
        head = {} if cluster is None else {"cluster": cluster}
        return self._answer(
            request, "summary", lambda state: {"hostname": state.info.hostname} | head | views.show_summary(state)
        )

    async def agents(self, request: web.Request) -> web.Response:
        """``/slaves`` or ``/slaves?slave_id=``; what stands below the path changes nothing."""
        return answer_json(request, views.show_agents(self._seen(request), request.query.get("slave_id")))

    async def frameworks(self, request: web.Request) -> web.Response:
        """``/frameworks``."""
        framework_id = request.query.get("framework_id")
        return answer_json(request, views.show_frameworks(self._seen(request), framework_id))

    async def tasks(self, request: web.Request) -> web.Response:
        """``/tasks``."""
        query = request.query
        limit, offset = _number(query, "limit", DEFAULT_LIMIT), _number(query, "offset", 0)
        framework_id, task_id = query.get("framework_id"), query.get("task_id")
        chosen = [
            task
            for task in views.all_tasks(self._seen(request))
            if framework_id in (None, task.framework_id) and task_id in (None, task.id)
        ]
        chosen.sort(key=views.first_timestamp, reverse=query.get("order") != "asc")
        page = _cut(chosen, offset, limit)
        tasks = views.encode_tasks(page) if task_id is None else [views.show_whole_task(task) for task in page]
        return answer_json(request, {"tasks": tasks})

    async def roles(self, request: web.Request) -> web.Response:
        """``/roles``."""
        return self._answer(request, "roles", lambda state: views.Roles(state).show_legacy())

    async def maintenance_status(self, request: web.Request) -> web.Response:
        """``GET /maintenance/status``."""
        require_method(request, "GET")
        return answer_json(request, views.show_status(self._seen(request)))

    async def explain(self, request: web.Request) -> web.Response:
        """``/koinon/explain``: why who is not offered which agent now. Our own, so under our own name."""
        query = request.query
        framework_id, role = query.get("framework_id") or None, query.get("role") or None
        seen = self._seen(request)
        problem = views.find_question_problem(seen, framework_id, role)
        if problem is not None:
            raise ApiError(400, problem)
        return answer_json(request, views.show_refusals(seen, framework_id, role))

    async def flags(self, request: web.Request) -> web.Response:
        """``/flags``."""
        return answer_json(request, {"flags": flag_texts(self._office.config)})

    async def version(self, request: web.Request) -> web.Response:
        """``/version``."""
        return answer_json(request, BUILD)

    async def redirect(self, _request: web.Request) -> web.Response:
        """``/redirect``: to the leader, also on the leader itself."""
        leader = self._office.leader
        if leader is None:
            raise ApiError(503, "No leader elected")
        return web.Response(status=307, headers={"Location": leader_location(leader, "")})

    async def help(self, _request: web.Request) -> web.Response:
        """``/help``: which endpoints there are."""
        return web.Response(body=HELP.encode(), headers={"Content-Type": "text/x-markdown"})


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    """A number of 32 bits; what is none counts for nothing, as it does for Mesos."""
    text = query.get(name, "")
    number = int(text) if re.fullmatch(r"-?[0-9]{1,10}", text) else default
    return number if -(2**31) <= number < 2**31 else default


def _cut(chosen: list[Task], offset: int, limit: int) -> list[Task]:
    """One page. What is below zero is more than all, as it is for Mesos."""
    start = len(chosen) if offset < 0 else offset
    return chosen[start:] if limit < 0 else chosen[start : start + limit]
