"""Thousands of stories of the virtual cluster, and proof that a story can fail."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import pytest

from koinon_agent.tasks.status_updates import StatusUpdates
from koinon_master.agents.admission import AgentAdmission
from koinon_master.allocator.hierarchical import HierarchicalAllocator
from system.sim import play

SEEDS = int(os.environ.get("KOINON_SIM_SEEDS", "1500"))
HASH_SEED = "0"
CHUNK = 100
TEETH = 40
"""Within how many stories a broken rule must show."""

pytestmark = [pytest.mark.system, pytest.mark.simulated]


@pytest.fixture(scope="module")
def players() -> Iterator[ProcessPoolExecutor]:
    """One process a core, all of one hash seed: the order of sets is a part of a story."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONHASHSEED", HASH_SEED)
        with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), initializer=_play_humbly) as pool:
            yield pool


def _play_humbly() -> None:
    """Stories make little garbage that needs collecting; looking for it takes a tenth of the time.

    They also let all that is tested meanwhile go first: where Linux shares time out by sessions, that takes one's own.
    """
    os.nice(15)
    with suppress(OSError):
        os.setsid()
        Path("/proc/self/autogroup").write_text("15")
    gc.freeze()
    gc.set_threshold(100_000)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_cluster_survives_100_faults_of_each_seed(players: ProcessPoolExecutor, first: int) -> None:
    """Whatever dies, is cut off or stands still: the invariants hold, and in peace everybody knows what is true."""
    stories = [story for story in players.map(play, range(first, first + CHUNK), chunksize=5) if story]

    assert not stories, f"{len(stories)} of {CHUNK} stories failed; the first:\n{stories[0]}"


def _is_noticed() -> bool:
    return any(play(seed) for seed in range(TEETH))


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("owner", "verb", "broken"),
    [
        (AgentAdmission, "_settle", lambda *_: None),
        (HierarchicalAllocator, "charge", lambda *_: None),
        (StatusUpdates, "resume", lambda *_: []),
    ],
    ids=["tasks of returning agents are forgotten", "offers are not counted", "updates are not sent again"],
)
def test_story_fails_when_a_rule_is_broken(
    monkeypatch: pytest.MonkeyPatch, owner: type, verb: str, broken: object
) -> None:
    """The simulation has teeth: without any one of these rules some story fails soon."""
    monkeypatch.setattr(owner, verb, broken)

    assert _is_noticed()
