"""The genuine Mesos 1.11 and ours over the same calls: they differ in nothing a client reads, but for what is known.

The genuine transcripts are records, made by the same script. With KOINON_ORACLE=host:port, the address of a genuine
master that was just started, scenarios that leave a cluster as it was are played to both at once instead.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .known import KNOWN, unexplained
from .ours import running_ours
from .play import CUT_SHORT, play
from .records import FOLDER, read_record
from .scenarios import CATALOGUE, Scenario
from .transcript import Transcript, compare

DOCUMENT = Path(__file__).parents[3] / "docs" / "compatibility.md"
SHARED = [one for one in CATALOGUE.values() if not one.alone]
LONELY = [one for one in CATALOGUE.values() if one.alone]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A cluster of ours for all scenarios that leave it as it was."""
    with running_ours() as found:
        yield found


async def genuine_transcript(scenario: Scenario) -> Transcript:
    """What the genuine master answers, now or when it was recorded."""
    oracle = os.environ.get("KOINON_ORACLE")
    return await play(scenario, oracle) if oracle and not scenario.alone else read_record(scenario.name)


async def assert_alike(scenario: Scenario, address: str) -> None:
    """Play to ours and compare."""
    genuine, ours = await genuine_transcript(scenario), await play(scenario, address)

    assert [] == [str(one) for one in unexplained(scenario.name, compare(genuine, ours))]
    assert CUT_SHORT not in [step["step"] for step in ours]


@pytest.mark.system
@pytest.mark.parametrize("scenario", SHARED, ids=lambda one: one.name)
async def test_clients_read_the_same_of_both(scenario: Scenario, address: str) -> None:
    """Events, answers and documents of one scenario."""
    await assert_alike(scenario, address)


@pytest.mark.system
@pytest.mark.parametrize("scenario", LONELY, ids=lambda one: one.name)
async def test_clients_read_the_same_of_both_alone(scenario: Scenario) -> None:
    """The same, for scenarios that change a cluster for good."""
    with running_ours() as address:
        await assert_alike(scenario, address)


def test_every_scenario_has_its_record() -> None:
    """And every record its scenario, which came to its end when it was recorded."""
    assert set(CATALOGUE) == {path.stem for path in FOLDER.glob("*.json")}
    assert [] == [name for name in CATALOGUE if read_record(name)[-1]["step"] == CUT_SHORT]


@pytest.mark.parametrize("row", sorted({one.row for one in KNOWN}))
def test_what_differs_on_purpose_is_documented(row: str) -> None:
    """Each known difference has a row of docs/compatibility.md that says why."""
    assert re.search(rf"^\| {re.escape(row)} \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)


def test_a_difference_is_found_and_named() -> None:
    """By step and path; numbers are compared as numbers, true is none, and what is absent is said to be."""
    genuine: Transcript = [{"step": "GET /x", "status": 200, "body": {"a": [1, {"b": True}], "c": 0.0}}]
    ours: Transcript = [{"step": "GET /x", "status": 200, "body": {"a": [1, {"b": 1}], "c": 0, "d": "new"}}]

    found = {one.path: (one.genuine, one.ours) for one in compare(genuine, ours)}
    assert {"0:GET /x.body.a[1].b": (True, 1), "0:GET /x.body.d": ("<absent>", "new")} == found


def test_an_entry_explains_only_what_it_is_about() -> None:
    """Another status, or another text of the genuine master, is not covered by an entry about words."""
    genuine: Transcript = [{"step": "POST /x", "status": 400, "body": "Failed to parse '[': syntax error"}]
    words: Transcript = [{"step": "POST /x", "status": 400, "body": "unexpected end of data"}]
    worse: Transcript = [{"step": "POST /x", "status": 500, "body": "unexpected end of data"}]

    assert [] == unexplained("any", compare(genuine, words))
    assert ["0:POST /x.status"] == [one.path for one in unexplained("any", compare(genuine, worse))]
