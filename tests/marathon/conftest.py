"""Apps for the tests of Marathon's rules: from a JSON body through the real decoder, or straight as a value."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import attrs
import pytest

from koinon_marathon.changes.app_changes import AppContext, app_context, define_app, submitted_path, update_app
from koinon_marathon.codec import decode_app
from koinon_marathon.definition.apps import App, VersionInfo
from koinon_marathon.definition.groups import Group
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.definition.problems import Rejection
from koinon_marathon.normalization import Settings
from koinon_marathon.timestamps import timestamp

Body = dict[str, Any]
MakeApp = Callable[..., App]
Post = Callable[[Body], App | Rejection]
Put = Callable[[App, Body], App | Rejection]


@pytest.fixture
def now() -> datetime:
    """The time of every change in these tests."""
    return timestamp(1_600_000_000.0)


@pytest.fixture
def settings() -> Settings:
    """A Marathon with a default network and no features."""
    return Settings(default_network_name="overlay")


@pytest.fixture
def all_features() -> Settings:
    """A Marathon with a default network, every feature and a principal."""
    features = frozenset({"secrets", "external_volumes", "gpu_resources"})
    return Settings(default_network_name="overlay", features=features, principal="marathon")


@pytest.fixture
def make_app(now: datetime) -> MakeApp:
    """Makes `/app` as a value, with whatever fields the test says."""

    def make(path: str = "/app", **fields: Any) -> App:
        return App(id=PathId(path), version=now, version_info=VersionInfo(now, now), **fields)

    return make


@pytest.fixture
def post(now: datetime, settings: Settings) -> Post:
    """What Marathon makes of a posted body: the app, or the refusal."""
    return lambda body: post_to(settings, now, body)


@pytest.fixture
def post_all(now: datetime, all_features: Settings) -> Post:
    """What a Marathon with every feature makes of a posted body."""
    return lambda body: post_to(all_features, now, body)


def post_to(settings: Settings, now: datetime, body: Body) -> App | Rejection:
    """What such a Marathon makes of a posted body."""
    submission = decode_app(json.dumps(body).encode())
    if isinstance(submission, Rejection):
        return submission
    path = submitted_path(submission)
    if isinstance(path, Rejection):
        return path
    return define_app(submission, app_context(Group(version=now), path, settings, now))


@pytest.fixture
def put(now: datetime, settings: Settings) -> Put:
    """What a partial update makes of an existing app."""

    def send(existing: App, body: Body) -> App | Rejection:
        submission = decode_app(json.dumps(body).encode())
        if isinstance(submission, Rejection):
            return submission
        return update_app(submission, AppContext(path=existing.id, now=now, settings=settings, existing=existing))

    return send


@pytest.fixture
def details(post: Post) -> Callable[[Body], dict[str, list[str]]]:
    """The errors by path that a posted body earns; the body gets a command so that it lacks nothing else."""

    def send(body: Body) -> dict[str, list[str]]:
        answer = post({"id": "/app", "cmd": "sleep 1", **body})
        assert isinstance(answer, Rejection), answer
        found = answer.body()["details"]
        assert isinstance(found, list)
        return {entry["path"]: entry["errors"] for entry in found}

    return send


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Says which fields of two apps differ."""
    if op != "==" or not (isinstance(left, App) and isinstance(right, App)):
        return None
    names = [field.name for field in attrs.fields(App)]
    differing = [name for name in names if getattr(left, name) != getattr(right, name)]
    return ["apps differ in", *(f"{name}: {getattr(left, name)!r} != {getattr(right, name)!r}" for name in differing)]
