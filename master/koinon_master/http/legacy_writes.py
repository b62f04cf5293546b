"""Mesos's older endpoints that change the cluster: bodies into operators' calls (mesos-operator-api 5).

Quota, weights and the maintenance schedule are also read here, as one path serves both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from koinon_core import operator_api
from koinon_core.errors import DecodeError
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.maintenance import MachineId, Schedule
from koinon_core.operator_api import OperatorWrite
from koinon_core.quota import QuotaRequest, WeightInfo
from koinon_core.resources import Resources
from koinon_core.wire import refined_json
from koinon_daemon.bodies import read_body
from koinon_daemon.errors import ApiError
from koinon_daemon.json_answer import answer_json

from .. import views
from ..state import ClusterState
from .access import seen_state
from .changes import ask
from .office import Office
from .routing import Handler, require_method

T = TypeVar("T")
_MOST_FIELDS = 100
"""Of a form: many times what any endpoint asks for."""


class LegacyWriteApi:
    """The handlers by path."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def handlers(self) -> Mapping[str, Handler]:
        """Path to handler."""
        return {
            "/teardown": self.teardown,
            "/reserve": self.reserve,
            "/unreserve": self.unreserve,
            "/create-volumes": self.create_volumes,
            "/destroy-volumes": self.destroy_volumes,
            "/quota": self.quota,
            "/weights": self.weights,
            "/maintenance/schedule": self.schedule,
            "/machine/down": self.machine_down,
            "/machine/up": self.machine_up,
        }

    def _seen(self, request: web.Request) -> ClusterState:
        return seen_state(self._office.leading_loop().master.state, request)

    async def _ask(self, request: web.Request, change: OperatorWrite) -> web.Response:
        return await ask(self._office.leading_loop(), request, change)

    async def teardown(self, request: web.Request) -> web.Response:
        """``POST /teardown`` with ``frameworkId``."""
        form = await _read_form(request, "frameworkId")
        return await self._ask(request, operator_api.TeardownFramework(FrameworkId(form["frameworkId"])))

    async def reserve(self, request: web.Request) -> web.Response:
        """``POST /reserve``."""
        agent_id, resources = await _read_stake(request, "resources")
        return await self._ask(request, operator_api.ReserveResources(agent_id=agent_id, resources=resources))

    async def unreserve(self, request: web.Request) -> web.Response:
        """``POST /unreserve``."""
        agent_id, resources = await _read_stake(request, "resources")
        return await self._ask(request, operator_api.UnreserveResources(agent_id=agent_id, resources=resources))

    async def create_volumes(self, request: web.Request) -> web.Response:
        """``POST /create-volumes``."""
        agent_id, volumes = await _read_stake(request, "volumes")
        return await self._ask(request, operator_api.CreateVolumes(agent_id=agent_id, volumes=volumes))

    async def destroy_volumes(self, request: web.Request) -> web.Response:
        """``POST /destroy-volumes``."""
        agent_id, volumes = await _read_stake(request, "volumes")
        return await self._ask(request, operator_api.DestroyVolumes(agent_id=agent_id, volumes=volumes))

    async def quota(self, request: web.Request) -> web.Response:
        """``GET`` and ``POST /quota``, ``DELETE /quota/<role>``."""
        require_method(request, "GET", "POST", "DELETE")
        if request.method == "POST":
            wanted = _decode(await read_body(request), QuotaRequest, "set quota request")
            return await self._ask(request, operator_api.SetQuota(wanted))
        if request.method == "DELETE":
            return await self._ask(request, operator_api.RemoveQuota(_role_of(request)))
        return answer_json(request, views.answer_quota(self._seen(request)))

    async def weights(self, request: web.Request) -> web.Response:
        """``GET`` and ``PUT /weights``."""
        require_method(request, "GET", "PUT")
        if request.method == "PUT":
            infos = _decode_list(await read_body(request), WeightInfo, "update weights request")
            return await self._ask(request, operator_api.UpdateWeights(infos))
        return answer_json(request, views.show_weights(self._seen(request)))

    async def schedule(self, request: web.Request) -> web.Response:
        """``GET`` and ``POST /maintenance/schedule``."""
        require_method(request, "GET", "POST")
        if request.method == "POST":
            wanted = _decode(await read_body(request), Schedule, "maintenance schedule")
            return await self._ask(request, operator_api.UpdateMaintenanceSchedule(wanted))
        return answer_json(request, views.show_schedule(self._seen(request)))

    async def machine_down(self, request: web.Request) -> web.Response:
        """``POST /machine/down``."""
        require_method(request, "POST")
        machines = _decode_list(await read_body(request), MachineId, "machines")
        return await self._ask(request, operator_api.StartMaintenance(machines))

    async def machine_up(self, request: web.Request) -> web.Response:
        """``POST /machine/up``."""
        require_method(request, "POST")
        machines = _decode_list(await read_body(request), MachineId, "machines")
        return await self._ask(request, operator_api.StopMaintenance(machines))


async def _read_form(request: web.Request, *names: str) -> dict[str, str]:
    """The fields of a form, each of which must be there. Raises ApiError 405, 400 and what ``read_body`` does."""
    require_method(request, "POST")
    try:
        form = dict(parse_qsl((await read_body(request)).decode(), max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise ApiError(400, f"Failed to parse the request body as a form: {error}") from None
    for name in names:
        if not form.get(name):
            raise ApiError(400, f"Missing '{name}' query parameter in the request body")
    return {name: form[name] for name in names}


async def _read_stake(request: web.Request, name: str) -> tuple[AgentId, Resources]:
    """An agent, and the resources that the field ``name`` holds as a JSON array."""
    form = await _read_form(request, "slaveId", name)
    try:
        resources = refined_json.from_plain(_parse_list(form[name]), Resources)
    except (DecodeError, ValueError) as error:
        text = f"Error parsing '{name}' query parameter in the request body: {error}"
        raise ApiError(400, text) from None
    return AgentId(form["slaveId"]), resources


def _parse_list(text: str | bytes) -> list[Any]:
    """Raises ValueError for anything but a JSON array."""
    parsed = orjson.loads(text)
    if not isinstance(parsed, list):
        raise ValueError("Expecting a JSON array")
    return parsed


def _decode(body: bytes, wanted: type[T], name: str) -> T:
    """The JSON of a body. Raises ApiError 400 that names what is wrong with it."""
    try:
        return refined_json.decode(body, wanted)
    except DecodeError as error:
        raise ApiError(400, f"Failed to parse {name} JSON: {error}") from None


def _decode_list(body: bytes, wanted: type[T], name: str) -> tuple[T, ...]:
    try:
        items = _parse_list(body)
        return tuple(_read_item(index, item, wanted) for index, item in enumerate(items))
    except (DecodeError, ValueError) as error:
        raise ApiError(400, f"Failed to parse {name} JSON: {error}") from None


def _read_item(index: int, item: Any, wanted: type[T]) -> T:
    try:
        return refined_json.from_plain(item, wanted)
    except DecodeError as error:
        raise DecodeError(f"$[{index}]{error.path.removeprefix('$')}", error.why) from None


def _role_of(request: web.Request) -> str:
    """What stands behind ``/quota/``; roles may have slashes. Raises ApiError 400 when nothing does."""
    role = request.path.partition("/quota/")[2].strip("/")
    if not role:
        text = f"Failed to parse remove quota request for path '{request.path}': the role is missing"
        raise ApiError(400, text)
    return role
