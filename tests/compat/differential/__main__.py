"""``python -m compat.differential record HOST:PORT [SCENARIO ...]`` writes what the genuine master there answers;

``compare [SCENARIO ...]`` plays to a cluster of ours and prints what differs from the record. Run it from
the top, with ``PYTHONPATH=tests``.
Scenarios that want a cluster of their own are recorded only by name: give each a master that was just started.
"""

from __future__ import annotations

import asyncio
import sys

from .known import unexplained
from .ours import running_ours
from .play import CUT_SHORT, play
from .records import read_record, write_record
from .scenarios import CATALOGUE, Scenario
from .transcript import Transcript, compare, count


def record(address: str, names: list[str]) -> None:
    """Play to a genuine master, and keep what it answered."""
    chosen = [CATALOGUE[name] for name in names] or [one for one in CATALOGUE.values() if not one.alone]
    for scenario in chosen:
        transcript = asyncio.run(play(scenario, address))
        write_record(scenario.name, transcript)
        _say(f"{scenario.name} {count(transcript)} {_end(transcript)}")


def compare_ours(names: list[str]) -> int:
    """Play to ours and print the differences; how many are not explained."""
    chosen = [CATALOGUE[name] for name in names] or list(CATALOGUE.values())
    left = 0
    shared = [one for one in chosen if not one.alone]
    with running_ours() as address:
        for scenario in shared:
            left += _show(scenario, asyncio.run(play(scenario, address)))
    for scenario in (one for one in chosen if one.alone):
        with running_ours() as address:
            left += _show(scenario, asyncio.run(play(scenario, address)))
    _say(f"{left} differences are not explained")
    return left


def _show(scenario: Scenario, ours: Transcript) -> int:
    found = unexplained(scenario.name, compare(read_record(scenario.name), ours))
    _say(f"== {scenario.name}: {len(found)}")
    for difference in found:
        _say(f"  {difference}")
    return len(found)


def _end(transcript: Transcript) -> str:
    last = transcript[-1]
    return str(last) if last["step"] == CUT_SHORT else ""


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["record"]:
        record(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(bool(compare_ours(sys.argv[2:])))
