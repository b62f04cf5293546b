"""Encoded definitions are shared, and never stale."""

from collections.abc import Callable

import attrs

from koinon_marathon.codec import encode_app
from koinon_marathon.definition.apps import App
from koinon_marathon.http.encoded_apps import EncodedApps

MakeApp = Callable[..., App]


def test_the_present_definition_is_given(make_app: MakeApp) -> None:
    """A new definition of the same id takes the place of the old one."""
    encoded, app = EncodedApps(), make_app(cmd="x")
    larger = attrs.evolve(app, mem=64)

    assert encode_app(app) == encoded.encode(app)
    assert encode_app(larger) == encoded.encode(larger)


def test_what_a_caller_adds_is_its_own(make_app: MakeApp) -> None:
    """The next one gets the definition alone."""
    encoded, app = EncodedApps(), make_app(cmd="x")
    encoded.encode(app)["tasks"] = []

    assert "tasks" not in encoded.encode(app)


def test_removed_apps_are_forgotten_in_time(make_app: MakeApp) -> None:
    """Memory follows the apps that are there."""
    encoded = EncodedApps()
    for number in range(1100):
        encoded.encode(make_app(f"/gone-{number}"))
    encoded.trim(live=1)
    app = make_app("/stays")

    assert encode_app(app) == encoded.encode(app)
