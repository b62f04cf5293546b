"""Plugins behind the API: who is asked, what is refused, what one that breaks can do (marathon-semantics 25)."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
from attrs import evolve, frozen

from examples.require_label import RequireLabel
from fakes.marathon_desk import Desk, running_desk
from koinon_core.containers import Environment, EnvironmentVariable
from koinon_core.offers import Offer
from koinon_core.tasks import TaskInfo
from koinon_marathon.plugins import Action, Identity, Kind, PluginRequest, PluginResponse, Resource
from koinon_marathon.plugins.conf import Hook, PluginEntry
from koinon_marathon.plugins.loading import Plugin, Plugins

TOKEN = {"Authorization": "token=alice"}
WEB = {"id": "/dev/web", "cmd": "sleep 1000", "cpus": 0.1, "instances": 1}


class TokenAuthenticator:
    """Whoever has a token is whom it names; the token `bug` is too much for it, and `text` makes it err."""

    async def authenticate(self, request: PluginRequest) -> Identity | None:
        token = request.headers.get("authorization", "").removeprefix("token=")
        if token == "bug":
            raise RuntimeError("no such bug")
        wrong: Any = "alice"
        return wrong if token == "text" else Identity(token) if token else None

    def challenge(self, request: PluginRequest) -> PluginResponse:
        return PluginResponse(status=401, body=b"who?", headers={"WWW-Authenticate": "token"})


class Welcoming(TokenAuthenticator):
    """Answers those who did not prove themselves as if all were well."""

    def challenge(self, request: PluginRequest) -> PluginResponse:
        return PluginResponse(status=200)


class DevAuthorizer:
    """Alice may do what she likes below /dev, and look at nothing else; who asks for `/dev/bug` breaks it."""

    def is_authorized(self, identity: Identity | None, action: Action, resource: Resource) -> bool:
        if resource.id == "/dev/bug":
            raise RuntimeError("no such bug")
        if resource.kind in (Kind.RUN_SPEC, Kind.GROUP):
            return identity == Identity("alice") and resource.id.startswith("/dev")
        return action is Action.VIEW

    def refusal(self, identity: Identity | None, action: Action, resource: Resource) -> PluginResponse:
        return PluginResponse(status=403, body=f"{action.value} {resource.kind.value} {resource.id}".encode())


@frozen
class Broken:
    """Raises whatever it is asked."""

    def validate(self, definition: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
        raise KeyError("labels")

    def process(self, definition: Mapping[str, Any], task: TaskInfo) -> TaskInfo:
        raise KeyError("vault")

    def explain_refusal(self, definition: Mapping[str, Any], offer: Offer) -> str | None:
        raise KeyError("rack")

    async def handle(self, request: PluginRequest) -> PluginResponse:
        raise KeyError("page")


class Echo:
    """Answers with what it was asked."""

    async def handle(self, request: PluginRequest) -> PluginResponse:
        text = f"{request.method} {request.rest} {dict(request.query)} {request.body.decode()}"
        return PluginResponse(status=202, body=text.encode(), headers={"X-Echo": "yes"})


class Stamp:
    """Names each task anew, and keeps apps off host-2."""

    def process(self, definition: Mapping[str, Any], task: TaskInfo) -> TaskInfo:
        return evolve(task, name=f"stamped {definition['id']}")

    def explain_refusal(self, definition: Mapping[str, Any], offer: Offer) -> str | None:
        return "host-1 is being painted" if definition["id"] == "/dev/shy" else None


class LabelAuthorizer(DevAuthorizer):
    """Shows nobody the apps of `prod`, and lets nobody touch what has a label; all else, and till then all, is free."""

    is_awake = False

    def is_authorized(self, identity: Identity | None, action: Action, resource: Resource) -> bool:
        return (
            not self.is_awake or not resource.labels or (action is Action.VIEW and resource.labels.get("of") != "prod")
        )


class Vault:
    """Puts the value of each secret in the place of its source."""

    def process(self, definition: Mapping[str, Any], task: TaskInfo) -> TaskInfo:
        assert task.command is not None
        assert task.command.environment is not None
        filled = tuple(self._filled(variable) for variable in task.command.environment.variables)
        return evolve(task, command=evolve(task.command, environment=Environment(filled)))

    @staticmethod
    def _filled(variable: EnvironmentVariable) -> EnvironmentVariable:
        if variable.secret is None or variable.secret.reference is None:
            return variable
        return EnvironmentVariable(variable.name, value=f"what lies at {variable.secret.reference.name}")


def plugins(**made: object) -> Plugins:
    """Plugins under the names of their hooks."""
    return Plugins(
        tuple(
            Plugin(PluginEntry(id=name, hook=Hook[name.upper()], interface="i", implementation=name), plugin)
            for name, plugin in made.items()
        )
    )


@pytest.fixture
async def guarded() -> AsyncIterator[Desk]:
    """A Marathon with an authenticator and an authorizer."""
    async with running_desk(plugins=plugins(authenticator=TokenAuthenticator(), authorizer=DevAuthorizer())) as desk:
        yield desk


async def test_nobody_is_served_before_saying_who_they_are(guarded: Desk) -> None:
    """The authenticator's own answer; its failure is a 503 that says nothing; load balancers may ask `/ping`."""
    nobody = await guarded.ask("GET", "/v2/apps")
    broken = await guarded.ask("GET", "/v2/apps", Authorization="token=bug")
    ping = await guarded.ask("GET", "/ping")

    assert (401, "who?", "token") == (nobody.status, nobody.text, nobody.headers["WWW-Authenticate"])
    assert (503, "") == (broken.status, broken.text)
    assert (200, "pong") == (ping.status, ping.text)


async def test_an_authenticator_that_errs_lets_nobody_in(guarded: Desk) -> None:
    """What is no identity, or no refusal, is its failure: 503, whoever asks."""
    no_identity = await guarded.ask("GET", "/v2/apps", Authorization="token=text")
    async with running_desk(plugins=plugins(authenticator=Welcoming())) as desk:
        no_refusal = await desk.ask("GET", "/v2/apps")

    assert [(503, ""), (503, "")] == [(each.status, each.text) for each in (no_identity, no_refusal)]


async def test_rights_do_not_tell_that_a_hidden_app_is_there() -> None:
    """What the UI is told of one's rights to an app that one may not see is what it is told of any other id."""
    authorizer = LabelAuthorizer()
    async with running_desk(plugins=plugins(authorizer=authorizer)) as desk:
        for name in ("prod", "dev"):
            await desk.ask("POST", "/v2/apps", {**WEB, "id": f"/{name}", "labels": {"of": name}})
        authorizer.is_awake = True
        answers = [await desk.ask("GET", f"/ui/api/me?app=/{name}") for name in ("prod", "dev", "nothing")]
    rights = [json.loads(each.text)["rights"]["update_apps"] for each in answers]

    assert [True, False, True] == rights


async def test_who_may_change_something_is_not_told_that_he_may_change_nothing(guarded: Desk) -> None:
    """Without an app in the question a right is whether it is had to anything: a place in a group, or an app."""
    rights = []
    for _ in range(2):
        rights.append(json.loads((await guarded.ask("GET", "/ui/api/me", **TOKEN)).text)["rights"])
        await guarded.ask("POST", "/v2/apps", WEB, **TOKEN)

    names = ("create_apps", "update_apps", "delete_apps", "kill_tasks")
    assert [[False] * 4, [True] * 4] == [[each[name] for name in names] for each in rights]


async def test_changes_need_the_authorizers_word(guarded: Desk) -> None:
    """Whatever door is taken to the tree; an authorizer that raises says no."""
    made = await guarded.ask("POST", "/v2/apps", WEB, **TOKEN)
    refused = [
        await guarded.ask("POST", "/v2/apps", {**WEB, "id": "/prod/db"}, **TOKEN),
        await guarded.ask("POST", "/v2/apps", {**WEB, "id": "/dev/bug"}, **TOKEN),
        await guarded.ask("PUT", "/v2/apps/dev/web?force=true", {"cpus": 0.2}, Authorization="token=bob"),
        await guarded.ask("POST", "/v2/apps/dev/web/restart?force=true", Authorization="token=bob"),
        await guarded.ask("DELETE", "/v2/apps/dev/web", Authorization="token=bob"),
        await guarded.ask("DELETE", f"/v2/deployments/{made.body['deployments'][0]['id']}", Authorization="token=bob"),
        await guarded.ask("PUT", "/v2/apps", [{**WEB, "id": "/dev/b"}, {**WEB, "id": "/prod/b"}], **TOKEN),
    ]

    assert 201 == made.status
    assert [
        (403, "Create RunSpec /prod/db"),
        (403, "Create RunSpec /dev/bug"),
        (403, "Update RunSpec /dev/web"),
        (403, "Update RunSpec /dev/web"),
        (403, "Delete RunSpec /dev/web"),
        (403, "Update RunSpec /dev/web"),
        (403, "Create RunSpec /prod/b"),
    ] == [(reply.status, reply.text) for reply in refused]
    assert {"/dev/web"} == set(guarded.service.state.specs)


async def test_what_may_not_be_viewed_is_not_there(guarded: Desk) -> None:
    """Listings leave it out without a word; who asks for it by name is refused."""
    await guarded.ask("POST", "/v2/apps", WEB, **TOKEN)
    await guarded.run_tasks()
    bob = {"Authorization": "token=bob"}
    paths = ("/v2/apps", "/v2/tasks", "/v2/queue", "/v2/apps/*", "/v2/deployments")
    seen = [(await guarded.ask("GET", path, **TOKEN)).text for path in paths[:2]]
    hidden = [(await guarded.ask("GET", path, **bob)).body for path in paths]
    refused = [
        (await guarded.ask("GET", f"/v2/apps/dev/web{tail}", **bob)).text for tail in ("", "/tasks", "/versions")
    ]

    assert all("/dev/web" in text for text in seen)
    assert [{"apps": []}, {"tasks": []}, {"queue": []}, {"*": []}, []] == hidden
    assert ["View RunSpec /dev/web"] * 3 == refused


async def test_a_label_may_be_demanded() -> None:
    """The example: its complaint stands among the details of a 422, and with several apps names each."""
    async with running_desk(plugins=plugins(validator=RequireLabel({"label": "owner"}))) as desk:
        one = await desk.ask("POST", "/v2/apps", WEB)
        many = await desk.ask("PUT", "/v2/apps", [WEB, {**WEB, "id": "/b"}])
        owned = await desk.ask("POST", "/v2/apps", {**WEB, "labels": {"owner": "ann"}})

    told = "every app must say in its label owner whose it is"
    assert (422, [{"path": "/labels/owner", "errors": [told]}]) == (one.status, one.body["details"])
    assert [f"/b: {told}", f"/dev/web: {told}"] == sorted(many.body["details"][0]["errors"])
    assert 201 == owned.status


async def test_broken_plugins_are_named_and_harm_nobody_else() -> None:
    """A validator refuses the change, a processor and a veto the launch, a handler its own answer; the rest goes on."""
    async with running_desk(plugins=plugins(validator=Broken())) as desk:
        refused = await desk.ask("POST", "/v2/apps", WEB)
        there = await desk.ask("GET", "/v2/apps")
    async with running_desk(plugins=plugins(http_handler=Broken())) as desk:
        page = await desk.ask("GET", "/v2/plugins/http_handler/page")
    told = []
    for name in ("task_processor", "offer_veto"):
        async with running_desk(plugins=plugins(**{name: Broken()})) as desk:
            await desk.ask("POST", "/v2/apps", WEB)
            assert [] == await desk.run_tasks()
            (item,) = (await desk.ask("GET", "/v2/queue?embed=lastUnusedOffers&embed=explanation")).body["queue"]
            told.append(f"plugin {name} failed: KeyError" in str(item))

    assert (500, "Plugin 'validator' failed to validate '/dev/web': KeyError: 'labels'") == (
        refused.status,
        refused.body["message"],
    )
    assert {"apps": []} == there.body
    assert (500, "Plugin 'http_handler' failed: the log has more") == (page.status, page.body["message"])
    assert [True, True] == told


async def test_tasks_are_edited_and_offers_refused() -> None:
    """What is launched is what the processor made of it; a veto's reason is the app's."""
    stamp = Stamp()
    async with running_desk(plugins=plugins(task_processor=stamp, offer_veto=stamp)) as desk:
        await desk.ask("POST", "/v2/apps", WEB)
        await desk.ask("POST", "/v2/apps", {**WEB, "id": "/dev/shy"})
        launched = await desk.launch_tasks()
        queue = (await desk.ask("GET", "/v2/queue?embed=lastUnusedOffers&embed=explanation")).body["queue"]

    assert ["stamped /dev/web"] == [task.name for task in launched]
    assert "plugin offer_veto: host-1 is being painted" in str(
        [item for item in queue if item["app"]["id"] == "/dev/shy"]
    )


async def test_secrets_are_what_a_processor_makes_of_them() -> None:
    """An app that needs one waits where there is no processor, and says so; where there is, its value is launched."""
    app = {**WEB, "env": {"PASSWORD": {"secret": "db"}}, "secrets": {"db": {"source": "/db/password"}}}
    async with running_desk("--enable_features=secrets") as desk:
        await desk.ask("POST", "/v2/apps", app)
        assert [] == await desk.launch_tasks()
        waiting = await desk.ask("GET", "/v2/queue?embed=lastUnusedOffers&embed=explanation")
    async with running_desk("--enable_features=secrets", plugins=plugins(task_processor=Vault())) as desk:
        await desk.ask("POST", "/v2/apps", app)
        (task,) = await desk.launch_tasks()
    assert task.command is not None
    assert task.command.environment is not None
    variables = {variable.name: variable.value for variable in task.command.environment.variables}

    assert "secret db is needed, and no plugin provides secrets" in waiting.text
    assert "what lies at /db/password" == variables["PASSWORD"]


async def test_handlers_answer_below_their_id() -> None:
    """All methods, with path, query and body; the list shows who they are, an unknown id is named."""
    async with running_desk(plugins=plugins(http_handler=Echo())) as desk:
        answered = await desk.ask("POST", "/v2/plugins/http_handler/a/b?x=1&x=2", "hello")
        bare = await desk.ask("DELETE", "/v2/plugins/http_handler")
        listed = await desk.ask("GET", "/v2/plugins")
        unknown = await desk.ask("GET", "/v2/plugins/none/x")

    assert (202, "POST a/b {'x': ('1', '2')} hello", "yes") == (
        answered.status,
        answered.text,
        answered.headers["X-Echo"],
    )
    assert "DELETE  {} " == bare.text
    assert {"plugins": [{"id": "http_handler", "plugin": "i", "implementation": "http_handler"}]} == listed.body
    assert (404, "No plugin with this pluginId: none") == (unknown.status, unknown.body["message"])
