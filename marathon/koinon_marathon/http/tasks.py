"""Tasks: `/v2/tasks` and `/v2/apps/{id}/tasks`, to see and to kill (marathon-v2-api 3.9, 3.10, 8)."""

from collections.abc import Iterable

from aiohttp import web

from koinon_core.ids import TaskId

from ..codec.kills import decode_task_ids
from ..events import KillInstances
from ..instance.instances import Instance, InstanceId, instance_of
from ..instructions import Killed, Result
from ..queries import all_tasks, find_instances, has_task_to_show, task_object, tasks_text
from .answers import change_answer, json_answer, not_found, or_refuse, refuse_saying, text_answer
from .apps import apps_below, find_or_404, group_of_star, viewed_app
from .requests import is_true, json_body, names_text_alone, path_of, route
from .service import Service

_EVERY_HOST = "*"


class TasksResource:
    """Tasks of one app or of all. Its routes go before those of `AppsResource`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[web.RouteDef]:
        """Those with a last word first."""
        return [
            route("GET", "/v2/tasks", self.show_all),
            route("POST", "/v2/tasks/delete", self.kill_many),
            route("GET", "/v2/apps/{id}/tasks", self.show),
            route("DELETE", "/v2/apps/{id}/tasks/{task_id}", self.kill_one),
            route("DELETE", "/v2/apps/{id}/tasks", self.kill),
        ]

    async def show_all(self, request: web.Request) -> web.Response:
        """All tasks; old scripts ask for text and get lines."""
        state, query = self._service.state, request.query
        apps = self._service.visible(request, [app for _, app in sorted(state.apps().items())])
        if names_text_alone(request):
            networks = {name for line in query.getall("containerNetworks", ()) for name in line.split(",") if name}
            return text_answer(tasks_text(state, apps, frozenset(networks)))
        conditions = frozenset([*query.getall("status", ()), *query.getall("status[]", ())])
        if conditions:
            tasks = all_tasks(state, conditions, lambda path: self._service.may_view(request, path))
            return json_answer({"tasks": tasks})
        return json_answer({"tasks": await self._all(request)})

    async def show(self, request: web.Request) -> web.Response:
        """The tasks of an app, or of all apps below a group."""
        state = self._service.state
        group = group_of_star(request)
        apps = (viewed_app(self._service, request),) if group is None else apps_below(self._service, request, group)
        encoded = self._service.encoded.tasks
        return json_answer({"tasks": [tasks for app in apps for tasks in encoded.of_spec(state, app.id)]})

    async def _all(self, request: web.Request) -> list[object]:
        """Every task of every app that the sender may view, with service ports. Pods have an API of their own."""
        state, encoded = self._service.state, self._service.encoded
        encoded.trim(len(state.specs))
        ports = {
            path: app.service_ports if (app := state.find_app(path)) else ()
            for path in state.instances.specs()
            if state.find_pod(path) is None and self._service.may_view(request, path)
        }
        await encoded.tasks.prepare(state, ports)
        return [tasks for path, numbers in ports.items() for tasks in encoded.tasks.of_spec(state, path, numbers)]

    async def kill(self, request: web.Request) -> web.Response:
        """DELETE the tasks of an app, all or those on one host."""
        path = find_or_404(self._service, path_of(request)).id
        host = request.query.get("host", _EVERY_HOST)
        wanted = None if host == _EVERY_HOST else host
        ids = find_instances(self._service.state, path, wanted, with_kept=is_true(request, "wipe"))
        return self._answer(await self._kill(request, ids))

    async def kill_one(self, request: web.Request) -> web.Response:
        """DELETE one task by its id."""
        path = find_or_404(self._service, path_of(request)).id
        task_id = request.match_info["task_id"]
        instance = self._find(task_id)
        if instance is None or instance.spec_id != path:
            not_found(f"Task '{task_id}' does not exist")
        result = await self._kill(request, (instance.id,))
        if isinstance(result, Killed):
            return json_answer({"task": task_object(self._service.state, instance)})
        return change_answer(result)

    async def kill_many(self, request: web.Request) -> web.Response:
        """Kill tasks of any apps; valid ids that nothing has are skipped."""
        ids = [_instance_id(text) for text in or_refuse(decode_task_ids(await json_body(request)))]
        return self._answer(await self._kill(request, ids))

    async def _kill(self, request: web.Request, ids: Iterable[InstanceId]) -> Result:
        scale, wipe = is_true(request, "scale"), is_true(request, "wipe")
        if scale and wipe:
            refuse_saying("You cannot use scale and wipe at the same time.")
        force = is_true(request, "force")
        wanted = tuple(ids)
        return await self._service.ask(
            request,
            lambda request_id: KillInstances(request_id=request_id, ids=wanted, scale=scale, wipe=wipe, force=force),
        )

    def _answer(self, result: Result) -> web.Response:
        if isinstance(result, Killed):
            state = self._service.state
            return json_answer({"tasks": [task_object(state, instance) for instance in result.instances]})
        return change_answer(result)

    def _find(self, task_id: str) -> Instance | None:
        """The instance whose task this is now, or was when it ended and left something behind."""
        instances = self._service.state.instances
        found = instances.of_task(TaskId(task_id))
        if found is not None or (instance_id := instance_of(TaskId(task_id))) is None:
            return found
        kept = instances.get(instance_id)
        return kept if kept is not None and has_task_to_show(kept) and not kept.tasks else None


def _instance_id(text: str) -> InstanceId:
    instance_id = instance_of(TaskId(text))
    if instance_id is None:
        refuse_saying(f"Invalid task id '{text}'. [taskId {text} no valid identifier]")
    return instance_id
