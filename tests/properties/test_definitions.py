"""Whatever definition is accepted: nothing that it says is lost, and what is shown means the same again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from koinon_marathon.changes.app_changes import app_context, define_app
from koinon_marathon.codec import decode_app, dump_app, encode_app, load_app
from koinon_marathon.definition.apps import App
from koinon_marathon.definition.groups import Group
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.definition.problems import Rejection
from koinon_marathon.normalization import Settings
from koinon_marathon.timestamps import timestamp
from support.app_bodies import DRAWN, WRITTEN, Body, app_bodies

pytestmark = pytest.mark.slow
NOW = timestamp(1_600_000_000.0)
SETTINGS = Settings(
    default_network_name="overlay",
    features=frozenset({"secrets", "external_volumes", "gpu_resources"}),
    principal="marathon",
)


def define(body: Body) -> App:
    """The app of a body, which must be accepted."""
    submission = decode_app(json.dumps(body).encode())
    assert not isinstance(submission, Rejection), submission.body()
    app = define_app(submission, app_context(Group(version=NOW), PathId("/store/app"), SETTINGS, NOW))
    assert isinstance(app, App), app.body()
    return app


def missing(said: Any, shown: Any, path: str = "") -> list[str]:
    """Where `shown` lacks or changes something that was said; what is empty may be left out."""
    if isinstance(said, dict):
        return [
            problem
            for key, value in said.items()
            for problem in missing(value, shown.get(key) if isinstance(shown, dict) else None, f"{path}/{key}")
        ]
    if isinstance(said, list) and isinstance(shown, list) and len(said) == len(shown):
        return [
            problem
            for index, (one, other) in enumerate(zip(said, shown, strict=True))
            for problem in missing(one, other, f"{path}({index})")
        ]
    return [] if said == shown or (shown is None and said in ([], False)) else [f"{path}: {said!r} became {shown!r}"]


def test_every_field_is_drawn() -> None:
    """A field that is added to apps is added to the definitions drawn here."""
    assert WRITTEN == DRAWN


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(body=app_bodies())
def test_what_goes_in_comes_out(body: Body) -> None:
    """All that was said is shown, posted again it is the same app, and so it is read back from the store."""
    app = define(body)
    shown: Body = json.loads(json.dumps(encode_app(app)))
    posted = {key: value for key, value in shown.items() if key not in ("version", "versionInfo")}

    assert [] == missing(body, shown)
    assert app == define(posted)
    assert app == load_app(dump_app(app))
