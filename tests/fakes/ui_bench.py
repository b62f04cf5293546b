"""The tables of the web UI over a master on its bench: rows as a browser has them, held against rows.ts."""

from __future__ import annotations

from typing import Any

import orjson
from attrs import define

from fakes.master_bench import MasterBench
from koinon_master.master import Master
from koinon_master.ui.source import NAMES, ClusterSource
from koinon_web.tables import Table
from support.ui_rows import find_row_problems

Rows = dict[str, dict[str, Any]]


@define
class Memory:
    """A bench's memory, with a loop's words. It counts a change at each look."""

    bench: MasterBench
    looks: int = 0

    @property
    def master(self) -> Master:
        return self.bench.master

    @property
    def now(self) -> float:
        return self.bench.now

    @property
    def handled(self) -> int:
        self.looks += 1
        return self.looks


class UiBench:
    """Reads tables."""

    def __init__(self, bench: MasterBench) -> None:
        self.source = ClusterSource(Memory(bench), 7.0)

    def tables(self, *names: str, principal: str | None = None) -> dict[str, Table]:
        """Brought up to date; made first where they are new, one with each look."""
        wanted = names or NAMES
        while len(found := self.source.refresh(wanted, principal)) < len(wanted):
            pass
        return found

    def rows(self, name: str, principal: str | None = None) -> Rows:
        """All rows of one table; raises AssertionError where one is none of its table."""
        return self.all_rows(name, principal=principal)[name]

    def all_rows(self, *names: str, principal: str | None = None) -> dict[str, Rows]:
        """The rows of several tables, or of all."""
        found = {}
        for name, table in self.tables(*names, principal=principal).items():
            found[name] = {key: orjson.loads(encoded) for key, encoded in table.since(None).put}
            problems = [problem for row in found[name].values() for problem in find_row_problems(name, row)]
            assert [] == problems, f"{name}: {problems}"
        return found
