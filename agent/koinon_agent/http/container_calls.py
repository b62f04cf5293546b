"""Calls about containers that have one answer: launch, wait, kill, remove, and the list (mesos-operator-api 1.4).

Owns which containers they are about, who may ask, and the words of the answers. What nested containers are is in
``nested/``; a container of a task or executor can be waited for here and killed, for the rest it is its task's.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar

import orjson
from aiohttp import web

from koinon_core.agent_api import (
    ContainerCall,
    GetContainers,
    KillContainer,
    KillNestedContainer,
    LaunchContainer,
    LaunchNestedContainer,
    RemoveContainer,
    RemoveNestedContainer,
    WaitContainer,
    WaitNestedContainer,
)
from koinon_core.containers import ContainerIdInfo
from koinon_core.permissions import Action
from koinon_core.visibility import Visibility
from koinon_core.wire import ContentType, ResourceFormat, codec, plain_json
from koinon_core.wire.schema import AGENT_CALLS
from koinon_daemon.errors import ApiError
from koinon_daemon.negotiation import answer

from ..containerizer import EngineUnavailable, LaunchFailed, UnknownContainer
from ..nested.requests import (
    LAST_SIGNAL,
    SIGNAL_BASE,
    Around,
    find_command_problem,
    find_id_problem,
    plan_execution,
    show_id,
    wait_status,
)
from ..views.usage import show_container
from .access import refuse, sight_of
from .site import Site
from .standalone_calls import StandaloneCalls
from .usage_api import UsageApi

T = TypeVar("T")
_RESPONSE = "mesos.v1.agent.Response"
_SIGKILL = 9


class ContainerCalls:
    """The handlers by call."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._standalone = StandaloneCalls(site)

    async def handle(self, request: web.Request, body: ContainerCall, content_type: ContentType) -> web.StreamResponse:
        """Carry one out. Raises ApiError 400, 403, 404."""
        call = AGENT_CALLS.names[type(body)].lower()
        container_id = body.container_id
        problem = find_id_problem(container_id, f"{call}.container_id", is_nested="nested" in call)
        if problem is not None or container_id is None:
            raise ApiError(400, f"Failed to validate agent::Call: {problem}")
        sight = sight_of(self._site.config, request)
        match body:
            case LaunchContainer() | LaunchNestedContainer():
                return await self._launch(sight, body, container_id)
            case WaitContainer() | WaitNestedContainer():
                return _show_end(call, content_type, await self._wait(sight, body, container_id))
            case KillContainer() | KillNestedContainer():
                return await self._kill(sight, body, container_id)
            case RemoveContainer() | RemoveNestedContainer():
                return await self._remove(sight, body, container_id)
        raise ApiError(501, "501 Not Implemented.")

    async def show(self, request: web.Request, body: GetContainers, usage: UsageApi) -> Any:
        """GET_CONTAINERS."""
        shown = []
        for listed, sample in await usage.sample_seen(request, with_standalone=body.show_standalone or False):
            view: dict[str, Any] = {"container_id": {"value": listed.container_id}}
            if not listed.is_standalone:
                view["framework_id"] = {"value": listed.framework_id}
                view["executor_id"] = {"value": listed.executor_id}
                view["executor_name"] = listed.name
            seen = show_container(listed, sample)
            for name, key in (("status", "container_status"), ("statistics", "resource_statistics")):
                if seen.get(name):
                    view[key] = seen[name]
            shown.append(view)
            if body.show_nested:
                nested = self._site.nested_containers().within(*listed.sandboxes)
                shown += [view_of_nested(view, one.container_id) for one in nested]
        return {"containers": shown}

    async def _launch(
        self, sight: Visibility, body: LaunchContainer | LaunchNestedContainer, own: ContainerIdInfo
    ) -> web.Response:
        if own.parent is None and isinstance(body, LaunchContainer):
            return web.Response(status=await started(self._standalone.launch(sight, body)))
        around = parent_of(self._site, own)
        refuse(find_launch_refusal(sight, around, body.command.user if body.command is not None else None, _LAUNCH))
        if isinstance(body, LaunchContainer) and (body.resources or body.limits):
            raise ApiError(400, "resources and limits cannot be had: a nested container shares those of its parent")
        book = self._site.nested_containers()
        if own in book:
            return web.Response(status=202)
        problem = find_command_problem(body.command, body.container)
        if problem is not None or body.command is None:
            raise ApiError(400, problem or "")
        execution = plan_execution(body.command, body.container, has_input=False)
        await started(book.launch(own, around, execution))
        return web.Response(status=200)

    async def _wait(
        self, sight: Visibility, body: WaitContainer | WaitNestedContainer, own: ContainerIdInfo
    ) -> dict[str, Any]:
        if (one := self._standalone.find(body)) is not None:
            return await self._standalone.wait(sight, one)
        book = self._site.nested_containers()
        around = _find(self._site, own)
        if around is None:
            raise ApiError(404, f"Container {show_id(own)} cannot be found")
        refuse(sight.find_refusal(Action.WAIT_NESTED_CONTAINERS, around.user))
        if (nested := book.find(own)) is not None:
            code = await nested.wait()
        elif (ended := book.find_ended(own)) is not None:
            code = ended.exit_code
        else:
            code = await self._wait_for_task(around)
        return {} if code is None else {"exit_status": wait_status(code)}

    async def _wait_for_task(self, around: Around) -> int | None:
        try:
            ended = await self._site.containers().wait(around.container_id)
        except UnknownContainer as error:
            raise ApiError(404, f"Container {around.container_id} cannot be found") from error
        return ended.exit_code if ended.signal is None else SIGNAL_BASE + ended.signal

    async def _kill(
        self, sight: Visibility, body: KillContainer | KillNestedContainer, own: ContainerIdInfo
    ) -> web.Response:
        if (one := self._standalone.find(body)) is not None:
            return await self._standalone.kill(sight, one, body.signal)
        number = body.signal or _SIGKILL
        if not 0 < number <= LAST_SIGNAL:
            raise ApiError(400, f"signal {number} is none")
        book = self._site.nested_containers()
        around, nested = _find(self._site, own), book.find(own)
        if around is not None:
            refuse(sight.find_refusal(Action.KILL_NESTED_CONTAINERS, around.user))
        if nested is not None and number == _SIGKILL:
            await nested.close()
        elif nested is not None:
            await nested.session.signal(number)
        elif around is not None and own.parent is None:
            raise ApiError(400, f"Container {show_id(own)} is that of a task or executor: kill the task")
        else:
            raise ApiError(404, f"Container '{show_id(own)}' cannot be found (or is already killed)")
        return web.Response(status=200)

    async def _remove(
        self, sight: Visibility, body: RemoveContainer | RemoveNestedContainer, own: ContainerIdInfo
    ) -> web.Response:
        if (one := self._standalone.find(body)) is not None:
            return await self._standalone.remove(sight, one)
        book = self._site.nested_containers()
        around = _find(self._site, own)
        parent = self._site.find_around(own.parent.value) if around is None and own.parent is not None else None
        if parent is not None:
            # Gone is gone: who asks twice, or after the agent's restart, has what he wants.
            refuse(sight.find_refusal(Action.REMOVE_NESTED_CONTAINERS, parent.user))
            return web.Response(status=200)
        if around is None or (own.parent is not None and own not in book):
            raise ApiError(404, f"Container {show_id(own)} cannot be found")
        refuse(sight.find_refusal(Action.REMOVE_NESTED_CONTAINERS, around.user))
        if own.parent is None:
            raise ApiError(400, f"Container {show_id(own)} is that of a task or executor: the agent removes it")
        if book.find(own) is not None:
            raise ApiError(500, f"Nested container has not terminated yet: {show_id(own)}")
        try:
            await book.remove(own)
        except OSError as error:
            raise ApiError(500, f"The sandbox of container {show_id(own)} could not be removed: {error}") from error
        return web.Response(status=200)


_LAUNCH = (Action.LAUNCH_NESTED_CONTAINERS_UNDER_PARENT_WITH_USER, Action.LAUNCH_NESTED_CONTAINERS_AS_USER)
SESSION = (
    Action.LAUNCH_NESTED_CONTAINER_SESSIONS_UNDER_PARENT_WITH_USER,
    Action.LAUNCH_NESTED_CONTAINER_SESSIONS_AS_USER,
)


def find_launch_refusal(
    sight: Visibility, around: Around, user: str | None, actions: tuple[Action, Action]
) -> str | None:
    """Why nothing may be started in that container, or not as that user. Nobody named is who the container is."""
    under, as_user = actions
    return sight.find_refusal(under, around.user) or sight.find_refusal(as_user, user or around.user)


def parent_of(site: Site, container_id: ContainerIdInfo) -> Around:
    """What a nested container is in. Raises ApiError 400 where there is no such container."""
    parent = container_id.parent
    found = None if parent is None else site.find_around(parent.value)
    if found is None:
        raise ApiError(400, f"Parent container {'' if parent is None else show_id(parent)} does not exist")
    return found


async def started(starting: Awaitable[T]) -> T:
    """What a start gives. Raises ApiError 400 for what cannot start, 503 where the engine does not answer."""
    try:
        return await starting
    except LaunchFailed as error:
        raise ApiError(503 if error.is_temporary else 400, error.reason) from error
    except UnknownContainer as error:
        raise ApiError(400, f"{error}: it does not run") from error
    except EngineUnavailable as error:
        raise ApiError(503, str(error)) from error
    except OSError as error:
        raise ApiError(500, f"the sandbox could not be made: {error}") from error


def view_of_nested(parent: dict[str, Any], container_id: ContainerIdInfo) -> dict[str, Any]:
    """A nested container beside its parent's view."""
    keys = ("framework_id", "executor_id", "executor_name")
    return {key: parent[key] for key in keys if key in parent} | {"container_id": plain_json.to_plain(container_id)}


def _show_end(call: str, content_type: ContentType, status: dict[str, Any]) -> web.Response:
    document = orjson.dumps({"type": call.upper(), call: status})
    encode = codec(content_type, ResourceFormat.ENDPOINT).encode_document
    return answer(content_type, encode(_RESPONSE, document))


def _find(site: Site, container_id: ContainerIdInfo) -> Around | None:
    """Whose container this is, nested or not, ended or not."""
    book = site.nested_containers()
    if (nested := book.find(container_id)) is not None:
        return nested.around
    if (ended := book.find_ended(container_id)) is not None:
        return ended.around
    return None if container_id.parent is not None else site.find_around(container_id.value)
