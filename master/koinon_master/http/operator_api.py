"""``POST /api/v1``: operators' calls into answers of the views, or into events and the machine's answers to them.

(mesos-v1-api 1.1, mesos-operator-api 1)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import orjson
from aiohttp import web

from koinon_core import operator_api
from koinon_core.operator_api import OperatorCall, OperatorRead, SetLoggingLevel
from koinon_core.wire import ContentType, ResourceFormat, codec, refined_json
from koinon_core.wire.schema import OPERATOR_CALLS
from koinon_daemon.errors import ApiError
from koinon_daemon.negotiation import answer, choose_answer_type, read_call
from koinon_daemon.own_calls import OwnCalls

from .. import views
from ..identity import BUILD
from ..state import ClusterState
from .access import refuse_call, seen_state, sight_of
from .changes import ask
from .office import Office
from .operator_stream import Subscriber

RESPONSE = "mesos.v1.master.Response"
_LARGE_BYTES = 64 * 1024
"""To make Protocol Buffers of more than that takes milliseconds, and of a large cluster seconds."""
_CLUSTER_READS: Final[dict[type, Callable[[ClusterState], Any]]] = {
    operator_api.GetState: views.answer_state,
    operator_api.GetAgents: views.answer_agents,
    operator_api.GetFrameworks: views.answer_frameworks,
    operator_api.GetExecutors: views.answer_executors,
    operator_api.GetOperations: views.answer_operations,
    operator_api.GetTasks: views.answer_tasks,
    operator_api.GetRoles: views.answer_roles,
    operator_api.GetWeights: views.answer_weights,
    operator_api.GetMaintenanceStatus: lambda state: {"status": views.show_status(state)},
    operator_api.GetMaintenanceSchedule: lambda state: {"schedule": views.show_schedule(state)},
    operator_api.GetQuota: lambda state: {"status": views.answer_quota(state)},
}
"""What the cluster's memory answers."""


class OperatorApi:
    """The handler of the endpoint."""

    def __init__(self, office: Office) -> None:
        self._office = office
        own = OwnCalls(office.config, BUILD, office.metrics, office.logging, office.files)
        self._own_reads = own.reads() | {operator_api.GetMaster: self._get_master}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, in the order of checks that clients know."""
        loop = self._office.leading_loop()
        body = (await read_call(request, OperatorCall, "master")).body
        content_type = choose_answer_type(request)
        if isinstance(body, operator_api.Unknown):
            raise ApiError(501, "501 Not Implemented.")
        if isinstance(body, operator_api.SubscribeToEvents):
            subscriber = Subscriber(content_type, sight_of(self._office.config, request))
            return await self._office.operator_streams.serve(request, loop, subscriber)
        if isinstance(body, OperatorRead | SetLoggingLevel):
            refuse_call(self._office.config, request, body)
        if isinstance(body, SetLoggingLevel):
            self._office.logging.set(body.level, body.duration.seconds)
            return web.Response(status=200)
        if isinstance(body, OperatorRead):
            name = OPERATOR_CALLS.names[type(body)]
            read = await self._read(seen_state(loop.master.state, request), body)
            document = {"type": name} | ({} if read is None else {name.lower(): read})
            return answer(content_type, await _encode(content_type, document))
        return await ask(loop, request, body)

    async def _read(self, state: ClusterState, body: OperatorRead) -> Any:
        read = _CLUSTER_READS.get(type(body))
        return await self._own_reads[type(body)](body) if read is None else read(state)

    async def _get_master(self, _: Any) -> Any:
        office = self._office
        master_info = refined_json.to_plain(office.leading_loop().master.state.info)
        return {
            "master_info": master_info,
            "start_time": office.start_time,
            "elected_time": office.elected_time,
        }


async def _encode(content_type: ContentType, document: Any) -> bytes:
    """The answer as bytes. It is JSON at once, as it shows one moment; what takes long goes on beside the loop."""
    shown = orjson.dumps(document)
    encode = codec(content_type, ResourceFormat.ENDPOINT).encode_document
    if content_type is ContentType.JSON or len(shown) < _LARGE_BYTES:
        return encode(RESPONSE, shown)
    return await asyncio.to_thread(encode, RESPONSE, shown)
