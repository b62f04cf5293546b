"""`/v2/pods`: definitions, their versions and status, and the kill of instances (marathon-v2-api 12)."""

import re
from collections.abc import Sequence

from aiohttp import web

from ..changes.pod_changes import create_pod, delete_pod, replace_pod, submitted_pod_path
from ..codec.kills import decode_instance_ids
from ..codec.pods import decode_pod, encode_pod
from ..definition.path_ids import PathId, parent
from ..definition.pod_bodies import PodBody
from ..definition.pods import Pod
from ..definition.problems import Problem, invalid_object
from ..events import ChangeTree, KillInstances, PodChange, PodPost, Transition
from ..instance.instances import Instance, InstanceId
from ..instructions import ChangeAccepted, Killed
from ..plugins.interface import Action
from ..queries import kept_versions
from ..queries.pods import find_pod_or_leaving, killed_instance, leaving_pods, pod_status, pod_version
from .answers import (
    DEPLOYMENT_HEADER,
    accepted,
    change_answer,
    json_answer,
    not_found,
    or_refuse,
    refuse,
    refuse_saying,
)
from .requests import is_true, json_body, path_of, route, version_of
from .service import Service

_INSTANCE_ID = r"^(.+)\.(instance-|marathon-)([^\.]+)$"


class PodsResource:
    """Reads come from the machine's state; changes are events, answered once they are stored."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[web.RouteDef]:
        """Those with a last word first."""
        return [
            route("GET", "/v2/pods", self.show_all),
            route("POST", "/v2/pods", self.create),
            route("GET", "/v2/pods/::status", self.show_all_status),
            route("GET", "/v2/pods/{id}::status", self.show_status),
            route("GET", "/v2/pods/{id}::versions/{version}", self.show_version),
            route("GET", "/v2/pods/{id}::versions", self.show_versions),
            route("DELETE", "/v2/pods/{id}::instances/{instance_id}", self.kill_one),
            route("DELETE", "/v2/pods/{id}::instances", self.kill_many),
            route("GET", "/v2/pods/{id}", self.show),
            route("PUT", "/v2/pods/{id}", self.update),
            route("DELETE", "/v2/pods/{id}", self.delete),
        ]

    async def show_all(self, request: web.Request) -> web.Response:
        """All pods by id. HEAD, which comes here too, tells that there are pods at all."""
        return json_answer([encode_pod(pod) for pod in self._visible(request)])

    async def show(self, request: web.Request) -> web.Response:
        """One pod. Marathon's 404 holds a JSON object in its message, and clients look for that text."""
        path = path_of(request)
        pod = self._service.state.find_pod(path)
        if pod is None:
            refuse_saying(f'{{"message": "pod with {path} does not exist"}}', 404)
        self._service.check_spec(request, Action.VIEW, path)
        return json_answer(encode_pod(pod))

    async def show_all_status(self, request: web.Request) -> web.Response:
        """How all pods are, those on their way out among them."""
        state, now = self._service.state, self._service.loop.now()
        pods = [*self._visible(request), *leaving_pods(state).values()]
        return json_answer([pod_status(state, pod, now) for pod in pods])

    async def show_status(self, request: web.Request) -> web.Response:
        """How one pod is, also while its last instances end."""
        path = path_of(request)
        pod = _found(find_pod_or_leaving(self._service.state, path), path)
        self._service.check_spec(request, Action.VIEW, path)
        return json_answer(pod_status(self._service.state, pod, self._service.loop.now()))

    async def show_versions(self, request: web.Request) -> web.Response:
        """The kept versions, newest first."""
        pod = self._find_or_404(request)
        return json_answer(kept_versions(self._service.state, pod.id))

    async def show_version(self, request: web.Request) -> web.Response:
        """One kept definition."""
        path = self._find_or_404(request).id
        pod = _found(pod_version(self._service.state, path, version_of(request)), path)
        return json_answer(encode_pod(pod))

    async def create(self, request: web.Request) -> web.Response:
        """POST: the pod as it was completed."""
        body = or_refuse(decode_pod(await json_body(request)))
        path = or_refuse(submitted_pod_path(body))
        settings = self._service.settings
        change = await self._change(request, create_pod(body, settings), path, PodChange.CREATED)
        return self._changed(path, change, 201, {"Location": f"{request.url.origin()}{path}"})

    async def update(self, request: web.Request) -> web.Response:
        """PUT: the whole definition anew."""
        body: PodBody = or_refuse(decode_pod(await json_body(request)))
        path = path_of(request)
        change = await self._change(request, replace_pod(path, body, self._service.settings), path, PodChange.UPDATED)
        return self._changed(path, change, 200, {})

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE: answered before the instances are gone; `::status` tells of them until they are."""
        path = path_of(request)
        _found(self._service.state.find_pod(path), path)
        change = await self._change(request, delete_pod(path), path, PodChange.DELETED)
        told = {DEPLOYMENT_HEADER: change.deployment_id, "Location": change.deployment_id}
        return web.Response(status=202, headers=told)

    async def kill_one(self, request: web.Request) -> web.Response:
        """DELETE one instance by its id."""
        instance_id = request.match_info["instance_id"]
        found = await self._kill(request, [instance_id])
        if not found:
            not_found(f"Task '{instance_id}' does not exist")
        return json_answer(found[0])

    async def kill_many(self, request: web.Request) -> web.Response:
        """DELETE the instances that the body lists; those that are not the pod's are skipped."""
        return json_answer(await self._kill(request, or_refuse(decode_instance_ids(await json_body(request)))))

    async def _kill(self, request: web.Request, texts: Sequence[str]) -> list[dict[str, object]]:
        state, path = self._service.state, path_of(request)
        wrong = [index for index, text in enumerate(texts) if not re.fullmatch(_INSTANCE_ID, text)]
        if wrong:
            message = f"must fully match regular expression '{_INSTANCE_ID}'"
            refuse(invalid_object([Problem(f"({index})", message) for index in wrong]))
        if state.find_pod(path) is None:
            refuse_saying(f"Path '{path}' does not exist", 404)
        ids = tuple(InstanceId(text) for text in texts if InstanceId(text) in state.instances.of_spec(path))
        wipe = is_true(request, "wipe")
        result = await self._service.ask(
            request, lambda request_id: KillInstances(request_id=request_id, ids=ids, wipe=wipe)
        )
        if not isinstance(result, Killed):
            change_answer(result)
            return []
        return [self._killed(instance) for instance in result.instances]

    def _killed(self, instance: Instance) -> dict[str, object]:
        return killed_instance(self._service.state, instance)

    async def _change(
        self, request: web.Request, transition: Transition, path: PathId, change: PodChange
    ) -> ChangeAccepted:
        """Have the tree changed. Raises Refused."""
        force = is_true(request, "force")
        post = PodPost(change=change, client_ip=request.remote or "unknown", uri=request.rel_url.raw_path)
        result = await self._service.ask(
            request,
            lambda request_id: ChangeTree(
                request_id=request_id, transition=transition, force=force, group=parent(path), post=post
            ),
        )
        return accepted(result)

    def _changed(self, path: PathId, change: ChangeAccepted, status: int, headers: dict[str, str]) -> web.Response:
        pod = _found(self._service.state.find_pod(path), path)
        return json_answer(encode_pod(pod), status, {DEPLOYMENT_HEADER: change.deployment_id, **headers})

    def _visible(self, request: web.Request) -> Sequence[Pod]:
        return self._service.visible(request, [pod for _, pod in sorted(self._service.state.pods().items())])

    def _find_or_404(self, request: web.Request) -> Pod:
        """The pod that the URL names. Raises Refused."""
        path = path_of(request)
        pod = _found(self._service.state.find_pod(path), path)
        self._service.check_spec(request, Action.VIEW, path)
        return pod


def _found(pod: Pod | None, path: PathId) -> Pod:
    """The pod that was looked for. Raises Refused where there is none."""
    if pod is None:
        not_found(f"Pod '{path}' does not exist")
    return pod
