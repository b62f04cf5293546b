"""Tasks: `/v2/tasks` and `/v2/apps/{id}/tasks`, to see and to kill (marathon-v2-api 3.9, 3.10, 8)."""

from collections.abc import Iterable

from aiohttp import web

from koinon_core.ids import TaskId

from ..codec.kills import decode_task_ids
from ..events import KillInstances
from ..instance.instances import Instance, InstanceId, instance_of
from ..instructions import Killed, Result
from ..queries import all_tasks, app_tasks, find_instances, task_object, tasks_text
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
        tasks = all_tasks(state, conditions, lambda path: self._service.may_view(request, path))
        return json_answer({"tasks": tasks})

    async def show(self, request: web.Request) -> web.Response:
        """The tasks of an app, or of all apps below a group."""
        state = self._service.state
        group = group_of_star(request)
        if group is None:
            return json_answer({"tasks": app_tasks(state, viewed_app(self._service, request).id)})
        apps = apps_below(self._service, request, group)
        return json_answer({"tasks": [task for app in apps for task in app_tasks(state, app.id)]})

    async def kill(self, request: web.Request) -> web.Response:
        """DELETE the tasks of an app, all or those on one host."""
        path = find_or_404(self._service, path_of(request)).id
        host = request.query.get("host", _EVERY_HOST)
        ids = find_instances(self._service.state, path, None if host == _EVERY_HOST else host)
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
        """The instance whose task this is now."""
        return self._service.state.instances.of_task(TaskId(task_id))


def _instance_id(text: str) -> InstanceId:
    instance_id = instance_of(TaskId(text))
    if instance_id is None:
        refuse_saying(f"Invalid task id '{text}'. [taskId {text} no valid identifier]")
    return instance_id
