"""``POST /api/v1`` of an agent: operators' calls into views' answers, or into containers (mesos-operator-api 1.4).

Calls about containers are ``container_calls.py``'s; those that stream, ``sessions.py``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from aiohttp import web

from koinon_core import operator_api
from koinon_core.agent_api import (
    AddResourceProviderConfig,
    AgentRead,
    AttachContainerInput,
    AttachContainerOutput,
    ContainerCall,
    GetAgent,
    GetContainers,
    GetResourceProviders,
    LaunchNestedContainerSession,
    MarkResourceProviderGone,
    PruneImages,
    RemoveResourceProviderConfig,
    ResourceProviderCall,
    UpdateResourceProviderConfig,
)
from koinon_core.operator_api import SetLoggingLevel
from koinon_core.permissions import Action
from koinon_core.visibility import Visibility
from koinon_core.wire import ContentType, ResourceFormat, codec
from koinon_core.wire.schema import AGENT_CALLS
from koinon_daemon.errors import ApiError
from koinon_daemon.files import Roots
from koinon_daemon.negotiation import answer
from koinon_daemon.own_calls import OwnCalls

from .. import views
from ..agent import Agent
from ..containerizer import EngineUnavailable
from ..containerizer.interface import PruningImages
from .access import refuse, refuse_call, sight_of
from .container_calls import ContainerCalls
from .legacy import BUILD
from .media import RECORDIO, AnswerType, choose_stream_type, is_streaming, read_calls, read_one_call
from .sessions import SessionCalls, check_input
from .site import Handler, Site
from .usage_api import UsageApi

OPERATOR_PATH = "/api/v1"
"""With all that is beneath it, as far as nothing else is there."""
RESPONSE = "mesos.v1.agent.Response"
_STREAMED = (LaunchNestedContainerSession, AttachContainerOutput)
_READS: Final[dict[type, Callable[[Agent, Visibility], Any]]] = {
    operator_api.GetState: views.answer_state,
    operator_api.GetFrameworks: views.answer_frameworks,
    operator_api.GetExecutors: views.answer_executors,
    operator_api.GetOperations: views.answer_operations,
    operator_api.GetTasks: views.answer_tasks,
    GetAgent: views.answer_agent,
    GetResourceProviders: lambda _agent, _sight: {"resource_providers": []},
}
"""What the agent's memory answers."""
_PROVIDER_ACTIONS: Final[dict[type, Action]] = {
    AddResourceProviderConfig: Action.MODIFY_RESOURCE_PROVIDER_CONFIGS,
    UpdateResourceProviderConfig: Action.MODIFY_RESOURCE_PROVIDER_CONFIGS,
    RemoveResourceProviderConfig: Action.MODIFY_RESOURCE_PROVIDER_CONFIGS,
    MarkResourceProviderGone: Action.MARK_RESOURCE_PROVIDERS_GONE,
}
_NO_PROVIDERS = "Resource providers are not supported: all resources of this machine are the agent's own (--resources)"


class OperatorApi:
    """The handler of the endpoint."""

    def __init__(self, site: Site, files: Roots, usage: UsageApi) -> None:
        self._site = site
        self._own = OwnCalls(site.config, BUILD, site.metrics, site.logging, files).reads()
        self._usage = usage
        self._containers = ContainerCalls(site)
        self._sessions = SessionCalls(site)

    def handlers(self) -> Mapping[str, Handler]:
        """Path to handler."""
        return {OPERATOR_PATH: self.handle}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, in the order of checks that clients know."""
        if is_streaming(request):
            return await self._handle_stream(request)
        body = (await read_one_call(request)).body
        answer_type = choose_stream_type(request)
        name = AGENT_CALLS.names[type(body)]
        if answer_type.is_stream and not isinstance(body, _STREAMED):
            raise ApiError(406, f"Streaming response is not supported for {name} call")
        agent = self._site.recovered()
        match body:
            case operator_api.Unknown():
                raise ApiError(501, "501 Not Implemented.")
            case AttachContainerInput():
                check_input(body)
                raise ApiError(415, f"Expecting 'Content-Type' to be {RECORDIO} for {name} call")
            case SetLoggingLevel(level=level, duration=duration):
                refuse_call(self._site, request, body)
                self._site.logging.set(level, duration.seconds)
                return web.Response(status=200)
            case LaunchNestedContainerSession():
                return await self._sessions.launch(request, body, answer_type)
            case AttachContainerOutput():
                return await self._sessions.show(request, body, answer_type)
            case AddResourceProviderConfig() | UpdateResourceProviderConfig() | RemoveResourceProviderConfig():
                return self._refuse_provider(request, body)
            case MarkResourceProviderGone():
                return self._refuse_provider(request, body)
            case PruneImages():
                return await self._prune(request, body)
        if isinstance(body, ContainerCall):
            return await self._containers.handle(request, body, answer_type.message)
        refuse_call(self._site, request, body)
        read = await self._read(request, agent, body)
        return _answer(answer_type, {"type": name, name.lower(): read})

    async def _handle_stream(self, request: web.Request) -> web.StreamResponse:
        calls = read_calls(request)
        choose_stream_type(request)
        try:
            first = (await anext(calls)).body
        except StopAsyncIteration:
            raise ApiError(400, "Received EOF while reading request body") from None
        if not isinstance(first, AttachContainerInput):
            name = AGENT_CALLS.names[type(first)]
            raise ApiError(415, f"Streaming 'Content-Type' {RECORDIO} is not supported for {name} call")
        return await self._sessions.take_input(request, first, calls)

    async def _read(self, request: web.Request, agent: Agent, body: AgentRead) -> Any:
        sight = sight_of(self._site.config, request)
        if (read := _READS.get(type(body))) is not None:
            return read(agent, sight)
        if isinstance(body, GetContainers):
            return await self._containers.show(request, body, self._usage)
        return await self._own[type(body)](body)

    def _refuse_provider(self, request: web.Request, body: ResourceProviderCall) -> web.Response:
        refuse(sight_of(self._site.config, request).find_refusal(_PROVIDER_ACTIONS[type(body)]))
        raise ApiError(400, _NO_PROVIDERS)

    async def _prune(self, request: web.Request, body: PruneImages) -> web.Response:
        refuse(sight_of(self._site.config, request).find_refusal(Action.PRUNE_IMAGES))
        excluded = {image.docker.name for image in body.excluded_images if image.docker is not None}
        containerizer = self._site.containers()
        if isinstance(containerizer, PruningImages):
            try:
                await containerizer.prune_images(excluded)
            except EngineUnavailable as error:
                raise ApiError(503, str(error)) from error
        return web.Response(status=200)


def _answer(answer_type: AnswerType, document: Any) -> web.Response:
    body = orjson.dumps(document)
    if answer_type.message is not ContentType.JSON:
        body = codec(answer_type.message, ResourceFormat.ENDPOINT).encode_document(RESPONSE, body)
    return answer(answer_type.message, body)
