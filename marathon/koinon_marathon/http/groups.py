"""`/v2/groups`: the tree of apps and pods, changed as a whole (marathon-v2-api 6)."""

from datetime import datetime

from aiohttp import web

from ..changes.group_transitions import (
    change_group,
    create_group,
    delete_group,
    enforce_role,
    group_path,
    restore_group,
)
from ..codec.groups import decode_enforcement, decode_group
from ..definition.group_updates import GroupUpdate
from ..definition.groups import Group, all_apps, find_group
from ..definition.path_ids import ROOT, PathId
from ..definition.problems import invalid_object
from ..definition.run_specs import RunSpec
from ..events import ChangeTree, Transition
from ..instructions import Result
from ..plugins.interface import Action
from ..queries import embeds_of
from ..queries.groups import GroupView, group_at, group_embeds_of, group_object, group_versions
from ..stream_events import step_object
from ..timestamps import format_timestamp
from ..validation.groups import update_problems
from .answers import accepted, change_answer, json_answer, not_found, or_refuse, refuse, refuse_saying
from .gate import group_resource, spec_resource
from .requests import any_body, is_true, path_of, route, version_of
from .service import Service


class GroupsResource:
    """Reads come from the machine's state; a change of any number of apps is one event and one deployment."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[web.RouteDef]:
        """Of the root and of every group; those with a last word first."""
        found = []
        for base in ("/v2/groups", "/v2/groups/{id}"):
            found += [
                route("GET", f"{base}/versions/{{version}}", self.show_version),
                route("PUT", f"{base}/versions/{{version}}", self.bring_back),
                route("GET", f"{base}/versions", self.show_versions),
                route("GET", f"{base}/apps", self.show_apps),
                route("GET", base, self.show),
                route("POST", base, self.create),
                route("PUT", base, self.update),
                route("PATCH", base, self.patch),
                route("DELETE", base, self.delete),
            ]
        return found

    async def show(self, request: web.Request) -> web.Response:
        """A group with all that is in it, or with what is asked for."""
        group, view = self._find(request), self._view(request)
        state = self._service.state
        await self._service.encoded.prepare(state, all_apps(group).values(), view.app_embeds)
        return json_answer(group_object(state, group, self._version(), view))

    async def show_apps(self, request: web.Request) -> web.Response:
        """Every app below a group, side by side."""
        group, view = self._find(request), self._view(request)
        apps = (app for _, app in sorted(all_apps(group).items()) if view.may_view(app))
        embeds = embeds_of(request.query.getall("embed", ()))
        return json_answer([view.show_app(self._service.state, app, embeds, view.now) for app in apps])

    async def show_versions(self, request: web.Request) -> web.Response:
        """When the tree was changed while it had this group, the latest first. What was deleted can be asked for."""
        path = _path(request)
        self._service.check(request, Action.VIEW, group_resource(path))
        versions = group_versions(self._service.state, path)
        if not versions and find_group(self._service.state.root, path) is None:
            not_found(f"Group '{path}' does not exist")
        return json_answer(versions)

    async def show_version(self, request: web.Request) -> web.Response:
        """A group as it was."""
        path = _path(request)
        self._service.check(request, Action.VIEW, group_resource(path))
        version = version_of(request)
        group = group_at(self._service.state, path, version)
        if group is None:
            not_found(f"Group '{path}' does not exist in version {format_timestamp(version)}")
        return json_answer(group_object(self._service.state, group, version, self._view(request)))

    async def create(self, request: web.Request) -> web.Response:
        """POST: 409 where there is one of that id already, as the root always is."""
        update = await _read_update(request)
        path = group_path(_path(request), update)
        self._service.check(request, Action.CREATE, group_resource(path))
        result = await self._change(request, path, create_group(path, self._transition(path, update)))
        return change_answer(result, 201, {"Location": f"{request.url.origin()}{path}"})

    async def update(self, request: web.Request) -> web.Response:
        """PUT: changes, creates, scales or brings back; with `dryRun` only the steps are told."""
        update = await _read_update(request)
        path = group_path(_path(request), update)
        self._service.check(request, Action.UPDATE, group_resource(path))
        transition = self._transition(path, update)
        if is_true(request, "dryRun"):
            plan = or_refuse(self._service.plan(request, transition, force=is_true(request, "force")))
            return json_answer({"steps": [step_object(step) for step in plan.steps]})
        return change_answer(await self._change(request, path, transition))

    async def bring_back(self, request: web.Request) -> web.Response:
        """PUT to a version: the same as a body of that version. Marathon has no such call, though a client makes it."""
        path = _path(request)
        self._service.check(request, Action.UPDATE, group_resource(path))
        transition = self._transition(path, GroupUpdate(version=version_of(request)))
        return change_answer(await self._change(request, path, transition))

    async def patch(self, request: web.Request) -> web.Response:
        """PATCH: `enforceRole` alone, which concerns definitions to come and deploys nothing."""
        path = _path(request)
        is_enforced = or_refuse(decode_enforcement(await any_body(request)))
        self._service.check(request, Action.UPDATE, group_resource(path))
        accepted(await self._change(request, path, enforce_role(path, is_enforced=is_enforced), deploys=False))
        return web.Response(status=200)

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE: all that is in it goes with it."""
        path = _path(request)
        if find_group(self._service.state.root, path) is None:
            not_found(f"Group '{path}' does not exist")
        self._service.check(request, Action.DELETE, group_resource(path))
        return change_answer(await self._change(request, path, delete_group(path)))

    def _transition(self, path: PathId, update: GroupUpdate) -> Transition:
        if update.version is None:
            return change_group(path, update, self._service.settings)
        stored = group_at(self._service.state, path, update.version)
        if stored is None:
            refuse_saying(f"Group {path} not available in version {format_timestamp(update.version)}", 422)
        return restore_group(path, stored)

    async def _change(
        self, request: web.Request, path: PathId, transition: Transition, *, deploys: bool = True
    ) -> Result:
        force = is_true(request, "force")
        return await self._service.ask(
            request,
            lambda request_id: ChangeTree(
                request_id=request_id, transition=transition, force=force, group=path, deploys=deploys
            ),
        )

    def _find(self, request: web.Request) -> Group:
        """The group of the URL. Raises Refused, and the authorizer's answer."""
        path = _path(request)
        self._service.check(request, Action.VIEW, group_resource(path))
        group = find_group(self._service.state.root, path)
        if group is None:
            not_found(f"Group '{path}' does not exist")
        return group

    def _version(self) -> datetime:
        return self._service.state.root.version

    def _view(self, request: web.Request) -> GroupView:
        embeds, app_embeds = group_embeds_of(request.query.getall("embed", ()))
        self._service.encoded.trim(len(self._service.state.specs))

        def may_view(shown: RunSpec | Group) -> bool:
            resource = group_resource(shown.id) if isinstance(shown, Group) else spec_resource(shown)
            return self._service.gate.may(request, Action.VIEW, resource)

        return GroupView(
            now=self._service.loop.now(),
            embeds=embeds,
            app_embeds=app_embeds,
            may_view=may_view,
            show_app=self._service.encoded.show,
        )


def _path(request: web.Request) -> PathId:
    return path_of(request) if "id" in request.match_info else ROOT


async def _read_update(request: web.Request) -> GroupUpdate:
    """The body's update, if it makes sense by itself. Raises Refused."""
    update = or_refuse(decode_group(await any_body(request)))
    problems = list(update_problems(update))
    if problems:
        refuse(invalid_object(problems))
    return update
