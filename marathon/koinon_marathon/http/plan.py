"""`POST /koinon/plan`: what a change would do and where its instances would land. Ours, so under our own name.

Nothing is changed, and nobody is asked: the sender brings the agents along, as a master's GET_AGENTS describes them.
Without agents nothing is said of places.
"""

from functools import partial
from random import Random

from aiohttp import web

from ..changes.app_transitions import Update, change_apps
from ..changes.group_transitions import change_group, group_path
from ..changes.pod_changes import create_pod, replace_pod, submitted_pod_path
from ..codec import decode_apps
from ..codec.agents import read_agents
from ..codec.decoding import parse_json
from ..codec.groups import decode_group
from ..codec.pods import decode_pod
from ..definition.path_ids import ROOT
from ..definition.problems import INVALID_JSON, Problem, Rejection, invalid_object
from ..events import Transition
from ..launch.preview import Preview
from ..queries.plans import instances_to_place, plan_object
from ..validation.groups import update_problems
from .answers import json_answer, or_refuse, refuse
from .requests import is_true, json_body, route
from .service import Service


class PlanResource:
    """A look ahead. Who may not make a change may not look at it either."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[web.RouteDef]:
        """POST alone."""
        return [route("POST", "/koinon/plan", self.plan)]

    async def plan(self, request: web.Request) -> web.Response:
        """What a PUT of `apps`, a `group` or a `pod` would do; `partialUpdate` means what it means there."""
        body = or_refuse(parse_json(await json_body(request)))
        if not isinstance(body, dict):
            refuse(Rejection(422, INVALID_JSON, (Problem("", "error.expected.jsobject"),)))
        offers = or_refuse(read_agents(body.get("agents", [])))
        plan = or_refuse(self._service.plan(request, self._transition(request, body)))
        state = self._service.state
        preview = Preview(state, offers, self._service.loop.now(), Random())
        landings = [preview.place(spec, count) for spec, count in instances_to_place(state, plan) if offers]
        return json_answer(plan_object(state, plan, landings, offers))

    def _transition(self, request: web.Request, body: dict[str, object]) -> Transition:
        kinds = {"apps": self._apps, "group": self._group, "pod": self._pod}
        given = [name for name in kinds if name in body]
        if len(given) != 1:
            refuse(Rejection(422, INVALID_JSON, (Problem("", f"must hold one of {', '.join(kinds)}"),)))
        return kinds[given[0]](request, body[given[0]])

    def _apps(self, request: web.Request, body: object) -> Transition:
        update = Update(creates=True, is_whole=not is_true(request, "partialUpdate", default=True))
        return change_apps(or_refuse(decode_apps(body)), self._service.settings, update)

    def _group(self, _request: web.Request, body: object) -> Transition:
        update = or_refuse(decode_group(body))
        problems = list(update_problems(update))
        if problems:
            refuse(invalid_object(problems))
        return change_group(group_path(ROOT, update), update, self._service.settings)

    def _pod(self, _request: web.Request, body: object) -> Transition:
        pod = or_refuse(decode_pod(body))
        path = or_refuse(submitted_pod_path(pod))
        is_new = self._service.state.find_pod(path) is None
        return (create_pod if is_new else partial(replace_pod, path))(pod, self._service.settings)
