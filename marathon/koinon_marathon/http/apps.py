"""`/v2/apps`: definitions, their versions, and changes to them (marathon-v2-api 3)."""

from collections.abc import Sequence

import attrs
from aiohttp import web

from ..changes.app_changes import app_context, define_app, rollback_version, submitted_path
from ..changes.app_transitions import Update, change_app, change_apps, create_app, delete_app, keep_app, restore_app
from ..codec import decode_app, decode_apps, encode_app
from ..definition.apps import App
from ..definition.groups import all_apps, find_app, find_group
from ..definition.legacy import Submission
from ..definition.path_ids import ROOT, PathId, is_below, parent, resolve
from ..definition.problems import Rejection
from ..events import AppPost, ChangeTree, Transition
from ..instructions import ChangeAccepted, Result
from ..plugins.interface import Action
from ..queries import (
    APP_EMBEDS,
    LIST_EMBEDS,
    AppFilter,
    Embeds,
    app_version,
    embeds_of,
    kept_versions,
    select_apps,
)
from ..timestamps import format_timestamp
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

_ZERO_COUNTS = {"tasksStaged": 0, "tasksRunning": 0, "tasksHealthy": 0, "tasksUnhealthy": 0}


class AppsResource:
    """Reads come from the machine's state; changes are events, answered once they are stored."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[web.RouteDef]:
        """Those with a last word first."""
        return [
            route("GET", "/v2/apps", self.show_all),
            route("POST", "/v2/apps", self.create),
            route("PUT", "/v2/apps", self.update_many),
            route("PATCH", "/v2/apps", self.patch_many),
            route("POST", "/v2/apps/{id}/restart", self.restart),
            route("GET", "/v2/apps/{id}/versions/{version}", self.show_version),
            route("GET", "/v2/apps/{id}/versions", self.show_versions),
            route("GET", "/v2/apps/{id}", self.show),
            route("PUT", "/v2/apps/{id}", self.update),
            route("PATCH", "/v2/apps/{id}", self.patch),
            route("DELETE", "/v2/apps/{id}", self.delete),
        ]

    async def show_all(self, request: web.Request) -> web.Response:
        """All apps that pass the filters."""
        query = request.query
        wanted = AppFilter(cmd=query.get("cmd"), id=query.get("id"), label=query.get("label"))
        apps = self._service.visible(request, or_refuse(select_apps(self._service.state, wanted)))
        return json_answer({"apps": await self._shown(apps, LIST_EMBEDS | _embeds(request))})

    async def show(self, request: web.Request) -> web.Response:
        """One app, or with `*` as the last word all apps below a group."""
        embeds = APP_EMBEDS | _embeds(request)
        group = group_of_star(request)
        if group is not None:
            return json_answer({"*": await self._shown(apps_below(self._service, request, group), embeds)})
        (shown,) = await self._shown([viewed_app(self._service, request)], embeds)
        return json_answer({"app": shown})

    async def show_versions(self, request: web.Request) -> web.Response:
        """The kept versions, newest first."""
        path = viewed_app(self._service, request).id
        return json_answer({"versions": kept_versions(self._service.state, path)})

    async def show_version(self, request: web.Request) -> web.Response:
        """One kept definition, bare."""
        path, version = viewed_app(self._service, request).id, version_of(request)
        app = app_version(self._service.state, path, version)
        if app is None:
            not_found(f"App '{path}' does not exist in version {format_timestamp(version)}")
        return json_answer(encode_app(app))

    async def create(self, request: web.Request) -> web.Response:
        """POST: the app as it was completed, before service ports are assigned (marathon-v2-api 3.4)."""
        submission = or_refuse(decode_app(await json_body(request)))
        path = or_refuse(submitted_path(submission))
        meant = _Meant(path=path, is_post=True)
        change = accepted(await self._change(request, create_app(submission, self._service.settings), meant))
        body = encode_app(self._completed(path, submission, change), with_version_info=False) | _ZERO_COUNTS
        body["deployments"] = [{"id": change.deployment_id}]
        return json_answer(body, 201, {DEPLOYMENT_HEADER: change.deployment_id, "Location": _location(request, path)})

    async def update(self, request: web.Request) -> web.Response:
        """PUT one: changes, or creates what is not there yet."""
        path = path_of(request)
        is_new = find_app(self._service.state.root, path) is None
        result = await self._update(request, path, creates=True)
        if is_new:
            return change_answer(result, 201, {"Location": _location(request, path)})
        return change_answer(result)

    async def patch(self, request: web.Request) -> web.Response:
        """PATCH one: changes what is there."""
        return change_answer(await self._update(request, path_of(request), creates=False))

    async def update_many(self, request: web.Request) -> web.Response:
        """PUT many: one change, one deployment."""
        update = Update(creates=True, is_whole=not is_true(request, "partialUpdate", default=True))
        return change_answer(await self._update_many(request, update))

    async def patch_many(self, request: web.Request) -> web.Response:
        """PATCH many: all of them must be there."""
        return change_answer(await self._update_many(request, Update()))

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE: forced unless said otherwise, as in Marathon."""
        path = path_of(request)
        return change_answer(await self._change(request, delete_app(path), _Meant(path=path, is_forced=True)))

    async def restart(self, request: web.Request) -> web.Response:
        """Roll over all instances of the same definition."""
        path = path_of(request)
        return change_answer(await self._change(request, keep_app(path), _Meant(path=path, is_restart=True)))

    async def _update(self, request: web.Request, path: PathId, *, creates: bool) -> Result:
        submission = or_refuse(decode_app(await json_body(request)))
        meant = _Meant(path=path, is_post=True)
        kept = self._wanted_back(path, submission)
        if kept is not None:
            return await self._change(request, restore_app(kept), meant)
        is_whole = creates and not is_true(request, "partialUpdate", default=True)
        update = Update(creates=creates, is_whole=is_whole)
        return await self._change(request, change_app(path, submission, self._service.settings, update), meant)

    async def _update_many(self, request: web.Request, update: Update) -> Result:
        submissions = or_refuse(decode_apps(await json_body(request)))
        paths = [submitted_path(submission) for submission in submissions]
        kept = {
            path: app
            for path, submission in zip(paths, submissions, strict=True)
            if not isinstance(path, Rejection) and (app := self._wanted_back(path, submission)) is not None
        }
        return await self._change(request, change_apps(submissions, self._service.settings, update, kept), _Meant())

    def _wanted_back(self, path: PathId, submission: Submission) -> App | None:
        """The kept definition that a body with nothing but a version asks for. Raises Refused."""
        wanted = rollback_version(submission)
        if isinstance(wanted, Rejection):
            refuse(wanted)
        if wanted is None:
            return None
        app = app_version(self._service.state, path, wanted)
        if app is None:
            refuse_saying(f"App '{path}' does not exist in version {format_timestamp(wanted)}", 404)
        return app

    async def _change(self, request: web.Request, transition: Transition, meant: "_Meant") -> Result:
        path, force = meant.path, is_true(request, "force", default=meant.is_forced)
        return await self._service.ask(
            request,
            lambda request_id: ChangeTree(
                request_id=request_id,
                transition=transition,
                restarts=frozenset({path}) if path is not None and meant.is_restart else frozenset(),
                force=force,
                group=ROOT if path is None else parent(path),
                post=_post(request, path) if path is not None and meant.is_post else None,
            ),
        )

    def _completed(self, path: PathId, submission: Submission, change: ChangeAccepted) -> App:
        """The app that the change made of the submission; the tree's own has its service ports assigned already."""
        root = self._service.state.root
        app = define_app(submission, app_context(root, path, self._service.settings, change.version))
        return find_or_404(self._service, path) if isinstance(app, Rejection) else app

    async def _shown(self, apps: Sequence[App], embeds: Embeds) -> Sequence[object]:
        state, now = self._service.state, self._service.loop.now()
        self._service.encoded.trim(len(state.specs))
        return await self._service.encoded.show_all(state, apps, embeds, now)


@attrs.frozen(kw_only=True)
class _Meant:
    """What a change is for: the one app it is about, if it is one; whether that is rolled over, or posted to all who
    listen; whether it is forced where the query says nothing.
    """

    path: PathId | None = None
    is_restart: bool = False
    is_post: bool = False
    is_forced: bool = False


def _post(request: web.Request, path: PathId) -> AppPost:
    return AppPost(app_id=path, client_ip=request.remote or "unknown", uri=request.rel_url.raw_path)


def find_or_404(service: Service, path: PathId) -> App:
    """The app with this id. Raises Refused."""
    app = find_app(service.state.root, path)
    if app is None:
        not_found(f"App '{path}' does not exist")
    return app


def viewed_app(service: Service, request: web.Request) -> App:
    """The app that the URL names, if the sender may view it. Raises Refused, or the authorizer's answer."""
    app = find_or_404(service, path_of(request))
    service.check_spec(request, Action.VIEW, app.id)
    return app


def group_of_star(request: web.Request) -> PathId | None:
    """The group of an id such as `/shop/*`, None for an ordinary one."""
    words = [word for word in request.match_info["id"].split("/") if word]
    return resolve("/" + "/".join(words[:-1])) if words and words[-1] == "*" else None


def apps_below(service: Service, request: web.Request, group: PathId) -> Sequence[App]:
    """Every app below a group that the sender may view, by id. Raises Refused where there is no such group."""
    if find_group(service.state.root, group) is None:
        not_found(f"Group '{group}' does not exist")
    apps = all_apps(service.state.root)
    return service.visible(request, [apps[path] for path in sorted(apps) if is_below(path, group)])


def _embeds(request: web.Request) -> Embeds:
    return embeds_of(request.query.getall("embed", ()))


def _location(request: web.Request, path: PathId) -> str:
    return f"{request.url.origin()}{path}"
