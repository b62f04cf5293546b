"""Which change moves which timestamp: the table of marathon-semantics 1."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from koinon_marathon.changes.versions import is_upgrade, restarted, with_versions
from koinon_marathon.definition.apps import App, VersionInfo
from koinon_marathon.timestamps import format_timestamp, parse_timestamp, timestamp

MakeApp = Callable[..., App]


@pytest.fixture
def later(now: datetime) -> datetime:
    """A minute after the app was made."""
    return now + timedelta(minutes=1)


def test_new_app_is_as_old_as_the_change(make_app: MakeApp, later: datetime) -> None:
    """A new app gets the time of the change everywhere."""
    app = with_versions(None, make_app(), later)

    assert (later, VersionInfo(later, later)) == (app.version, app.version_info)


@pytest.mark.parametrize(
    "change", [{"labels": {"a": "b"}}, {"cmd": "y"}, {"backoff_seconds": 9}, {"cmd": "y", "instances": 5}]
)
def test_any_difference_but_instances_is_a_new_configuration(
    make_app: MakeApp, later: datetime, change: dict[str, Any]
) -> None:
    """Labels count too, which surprises people and is what Marathon does."""
    old = make_app()
    new = attrs.evolve(old, **change)

    app = with_versions(old, new, later)

    assert is_upgrade(old, new)
    assert (later, VersionInfo(later, later)) == (app.version, app.version_info)


def test_scaling_keeps_the_configuration(make_app: MakeApp, now: datetime, later: datetime) -> None:
    """More instances are a new version of the same configuration: nothing restarts."""
    old = make_app()
    new = attrs.evolve(old, instances=5)

    app = with_versions(old, new, later)

    assert not is_upgrade(old, new)
    assert (later, VersionInfo(later, now)) == (app.version, app.version_info)


def test_restart_is_a_new_configuration_that_was_not_scaled(make_app: MakeApp, now: datetime, later: datetime) -> None:
    """A restart moves the version and the configuration, not the scaling."""
    app = restarted(make_app(), later)

    assert (later, VersionInfo(now, later)) == (app.version, app.version_info)


def test_no_difference_keeps_everything(make_app: MakeApp, later: datetime) -> None:
    """The same definition again is the same version, whatever version it came with."""
    old = make_app()
    again = attrs.evolve(old, version=later, version_info=VersionInfo(later, later))

    assert old == with_versions(old, again, later)


def test_timestamps_have_three_digits_and_read_back() -> None:
    """Whole milliseconds in UTC, with any offset on input."""
    moment = timestamp(1_600_000_000.1239)

    assert "2020-09-13T12:26:40.123Z" == format_timestamp(moment)
    assert moment == parse_timestamp("2020-09-13T14:26:40.123+02:00")
    assert parse_timestamp("2020-09-13T14:26:40") is None
    assert parse_timestamp("soon") is None
    assert [None, None] == [
        parse_timestamp(text) for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")
    ]
