"""`POST /koinon/plan`: what a change would do and where its instances would land. Ours, so under our own name.

Nothing is changed, and nobody is asked: the sender brings the agents along, as a master's GET_AGENTS describes them.
Without agents nothing is said of places.
"""

from random import Random

from aiohttp import web

from ..changes.app_transitions import Update, change_apps
from ..changes.tree_changes import Change, plan_change
from ..codec import decode_apps
from ..codec.agents import read_agents
from ..codec.decoding import parse_json
from ..definition.problems import INVALID_JSON, Problem, Rejection
from ..events import Transition
from ..launch.preview import Preview
from ..queries.plans import instances_to_place, plan_object
from ..turn import Turn
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
        """What a PUT of these apps would do; `partialUpdate` means what it means there."""
        body = or_refuse(parse_json(await json_body(request)))
        if not isinstance(body, dict):
            refuse(Rejection(422, INVALID_JSON, (Problem("", "error.expected.jsobject"),)))
        offers = or_refuse(read_agents(body.get("agents", [])))
        guarded = self._service.gate.guard(request, self._transition(request, body))
        state, now, rng = self._service.state, self._service.loop.now(), Random()
        planned = plan_change(Turn(state, now, rng), Change(transition=guarded))
        refusal = self._service.gate.refusal_of(request, guarded)
        if refusal is not None:
            raise refusal
        plan = or_refuse(planned).plan
        preview = Preview(state, offers, now, rng)
        landings = [preview.place(app, count) for app, count in instances_to_place(state, plan) if offers]
        return json_answer(plan_object(state, plan, landings, offers))

    def _transition(self, request: web.Request, body: dict[str, object]) -> Transition:
        update = Update(creates=True, is_whole=not is_true(request, "partialUpdate", default=True))
        return change_apps(or_refuse(decode_apps(body.get("apps"))), self._service.settings, update)
