"""Delays after failures: how they grow, to whom they belong, when they are forgotten (marathon-semantics 19)."""

from datetime import timedelta

import attrs
import pytest

from koinon_core.tasks import TaskState
from koinon_marathon.definition.apps import VersionInfo
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.launch.launch_backoff import LaunchBackoff
from support.marathon_world import LONG_AGO, World, make_app

APP = make_app()


def test_delays_grow_to_the_cap() -> None:
    """1, 1.15, 1.32, ... with the defaults, never more than `maxLaunchDelaySeconds`."""
    backoff = LaunchBackoff()
    delays = []
    for _ in range(60):
        backoff.fail(APP, 100.0)
        delays.append((backoff.deadline(APP, 100.0) or 0.0) - 100.0)

    assert [1, 1.15, 1.3225] == pytest.approx(delays[:3])
    assert 300 == delays[-1]


def test_deadline_passes() -> None:
    """From then on the app may launch, and the next failure still counts as another."""
    backoff = LaunchBackoff()
    backoff.fail(APP, 0.0)

    assert None is backoff.deadline(APP, 1.0)
    backoff.fail(APP, 1.0)
    assert 2.15 == backoff.deadline(APP, 1.0)


def test_scaling_keeps_the_delay_and_a_new_configuration_has_none() -> None:
    """It belongs to `lastConfigChangeAt`."""
    backoff = LaunchBackoff()
    backoff.fail(APP, 0.0)
    later = LONG_AGO + timedelta(days=1)

    assert 1.0 == backoff.deadline(attrs.evolve(APP, instances=5, version=later), 0.5)
    assert None is backoff.deadline(attrs.evolve(APP, version_info=VersionInfo(later, later)), 0.5)


def test_proven_app_starts_over() -> None:
    """After `maxLaunchDelaySeconds` without a failure the first delay is the initial one again."""
    backoff = LaunchBackoff()
    for _ in range(5):
        backoff.fail(APP, 0.0)
    backoff.note_progress(APP, 10.0)

    backoff.fail(APP, 311.0)
    assert 312.0 == backoff.deadline(APP, 311.0)


def test_progress_keeps_the_delay_alive() -> None:
    """A task that comes forward moves the time from which the app must prove itself."""
    backoff = LaunchBackoff()
    backoff.fail(APP, 0.0)
    backoff.note_progress(APP, 200.0)

    backoff.fail(APP, 400.0)
    assert 401.15 == backoff.deadline(APP, 400.0)


def test_reset() -> None:
    """Forgotten, and told whether there was anything to forget."""
    backoff = LaunchBackoff()
    backoff.fail(APP, 0.0)

    assert backoff.reset(APP.id)
    assert not backoff.reset(APP.id)
    assert None is backoff.deadline(APP, 0.0)


def test_removed_app_leaves_no_delay_behind() -> None:
    """Nothing is kept of apps that are no more."""
    world = World()
    world.post(make_app())
    world.offer()
    world.report(world.task_ids()[0], TaskState.TASK_FAILED)

    world.delete("/web")

    assert not world.marathon.state.backoff.reset(PathId("/web"))
