"""Tables that follow the master's memory hold what tables made anew would hold, whatever happened."""

from __future__ import annotations

from random import Random

import orjson
import pytest

from fakes.master_bench import MasterBench, make_framework
from fakes.ui_bench import UiBench
from koinon_core.agent_link import UsageReport
from koinon_core.containers import DurationInfo
from koinon_core.ids import AgentId, FrameworkId, TaskId
from koinon_core.offers import Filters
from koinon_core.operator_api import DeactivateAgent, DrainAgent, ReactivateAgent
from koinon_core.scheduler_api import Acknowledge, Decline, Suppress, Teardown
from koinon_core.tasks import TaskState
from koinon_master.config import MasterConfig
from koinon_master.ui import source
from koinon_master.ui.source import NAMES

NOT_ROLES = tuple(name for name in NAMES if name not in ("roles", "usage"))


class Story:
    """Happenings by chance on a small cluster that forgets fast."""

    def __init__(self, seed: int) -> None:
        flags = MasterConfig(
            registry="in_memory",
            max_completed_tasks_per_framework=seed % 4,
            max_completed_frameworks=2,
            offer_timeout=50.0,
        )
        self.rng, self.bench, self._serial = Random(seed), MasterBench(flags), 0
        for _ in range(3):
            self.bench.add_agent()
        for name in ("a", "b"):
            self.bench.add_framework(make_framework(name, name, failover_timeout=30.0, capabilities="PARTITION_AWARE"))

    def go_on(self) -> None:
        """One more thing happens, if it can."""
        moves = (
            *(self._launch, self._launch, self._launch, self._end, self._end, self._decline, self._run),
            *(self._lose_agent, self._return_agent, self._pass_time, self._come_and_go, self._turn_off, self._measure),
        )
        self.rng.choice(moves)()

    def _connected(self) -> FrameworkId | None:
        found = [one.id for one in self.bench.master.state.frameworks.values() if one.is_connected]
        return self.rng.choice(found) if found else None

    def _agent(self, *, is_connected: bool) -> AgentId | None:
        agents = self.bench.master.state.agents.values()
        found = [one.id for one in agents if one.is_connected is is_connected]
        return self.rng.choice(found) if found else None

    def _launch(self) -> None:
        framework_id = self._connected()
        if framework_id is not None and self.bench.offers(framework_id):
            # Names come again: a framework may use them as it likes once their task is at its end.
            used = self.bench.master.state.frameworks[framework_id].tasks
            name = f"t{self.rng.randrange(12)}"
            if TaskId(name) not in used:
                self.bench.launch(framework_id, name, resources="cpus:0.5;mem:64;ports:[31000-31000]")

    def _run(self) -> None:
        self._report(TaskState.TASK_RUNNING)

    def _end(self) -> None:
        self._report(self.rng.choice((TaskState.TASK_FINISHED, TaskState.TASK_FAILED)))

    def _report(self, reached: TaskState) -> None:
        framework_id = self._connected()
        if framework_id is None:
            return
        state = self.bench.master.state
        tasks = [
            one for one in state.frameworks[framework_id].tasks.values() if state.agents[one.agent_id].is_connected
        ]
        if not tasks:
            return
        task = self.rng.choice(tasks)
        self.bench.update(framework_id, task.info, reached)
        if self.rng.random() < 0.8:
            self.bench.call(framework_id, Acknowledge(agent_id=task.agent_id, task_id=task.id, uuid=b"u" * 16))  # type: ignore[arg-type]

    def _decline(self) -> None:
        framework_id = self._connected()
        if framework_id is not None:
            ids = tuple(offer.id for offer in self.bench.offers(framework_id)[:1])
            self.bench.call(framework_id, Decline(offer_ids=ids, filters=Filters(self.rng.choice((0.0, 5.0, 600.0)))))

    def _lose_agent(self) -> None:
        agent_id = self._agent(is_connected=True)
        if agent_id is not None and self.rng.random() < 0.5:
            self.bench.break_link(agent_id)

    def _return_agent(self) -> None:
        agent_id = self._agent(is_connected=False)
        if agent_id is not None:
            self.bench.return_agent(self.bench.agent_info(agent_id))

    def _pass_time(self) -> None:
        self.bench.pass_time(self.rng.choice((1.0, 20.0, 80.0)))

    def _come_and_go(self) -> None:
        framework_id = self._connected()
        self._serial += 1
        what = self.rng.randrange(4)
        if what == 0 or framework_id is None:
            self.bench.add_framework(make_framework(f"f{self._serial}", f"r{self._serial}"))
        elif what == 1:
            self.bench.leave(framework_id)
        elif what == 2:
            self.bench.call(framework_id, Suppress())
        elif self.rng.random() < 0.5:
            self.bench.call(framework_id, Teardown())

    def _turn_off(self) -> None:
        agent_id = self._agent(is_connected=True)
        if agent_id is not None:
            grace = DurationInfo(5_000_000_000)
            calls = (
                DeactivateAgent(agent_id),
                ReactivateAgent(agent_id),
                ReactivateAgent(agent_id),
                DrainAgent(agent_id=agent_id, max_grace_period=grace),  # type: ignore[arg-type]
            )
            self.bench.ask(self.rng.choice(calls))

    def _measure(self) -> None:
        agent_id = self._agent(is_connected=True)
        if agent_id is not None:
            self.bench.say(agent_id, UsageReport(cpus=self.rng.randrange(4) / 2, mem=64.0))


@pytest.mark.parametrize("seed", range(6))
def test_followed_tables_are_what_new_ones_are(seed: int) -> None:
    """After each of a hundred happenings, row by row, and rows are what rows.ts says."""
    story = Story(seed)
    followed = UiBench(story.bench)
    for _ in range(100):
        story.go_on()
        if story.rng.random() < 0.6:
            assert UiBench(story.bench).all_rows(*NOT_ROLES) == followed.all_rows(*NOT_ROLES)


def test_nothing_is_written_where_nothing_changed() -> None:
    """A table's position stays, and so readers are not woken."""
    story = Story(1)
    for _ in range(60):
        story.go_on()
    ui = UiBench(story.bench)
    before = {name: table.position for name, table in ui.tables(*NOT_ROLES).items()}

    assert before == {name: table.position for name, table in ui.tables(*NOT_ROLES).items()}


def test_one_change_writes_one_row() -> None:
    """Of forty tasks of one agent."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:40;mem:4096")
    framework_id = bench.add_framework()
    tasks = bench.launch(framework_id, *(f"t{n}" for n in range(40)), resources="cpus:0.5;mem:1")
    ui = UiBench(bench)
    before = ui.tables("tasks")["tasks"].position
    bench.update(framework_id, tasks[17], TaskState.TASK_RUNNING)
    delta = ui.tables("tasks")["tasks"].since(before)

    assert [f"{framework_id}/t17"] == [key for key, _ in delta.put]
    assert agent_id == ui.rows("tasks")[f"{framework_id}/t17"]["agent"]
    assert () == delta.gone


def test_many_tasks_come_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the first look does not hold the loop; each later one brings more, though nothing happened."""
    monkeypatch.setattr(source, "WORK_AT_ONCE", 25)
    bench = MasterBench()
    bench.add_agent("cpus:40;mem:4096")
    bench.launch(bench.add_framework(), *(f"t{n}" for n in range(40)), resources="cpus:0.5;mem:1")
    ui = UiBench(bench)
    found = [(len(ui.tables("tasks")["tasks"]), ui.source.is_behind) for _ in range(3)]

    assert [(13, True), (38, True), (40, False)] == found


def test_what_is_counted_comes_when_all_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Agents and the cluster are told with all their tasks at once; nobody sees numbers that merely grow."""
    monkeypatch.setattr(source, "WORK_AT_ONCE", 10)
    bench = MasterBench()
    framework_id = bench.add_framework()
    for number in range(3):
        bench.add_agent("cpus:20;mem:4096")
        bench.launch(framework_id, *(f"t{number}-{n}" for n in range(20)), resources="cpus:0.5;mem:1")
    wanted = ("cluster", "agents", "frameworks")
    ui, counts = UiBench(bench), set()
    for _ in range(40):
        for name, table in ui.source.refresh(wanted, None).items():
            counts |= {(name, str(orjson.loads(row)["tasks"])) for _, row in table.since(None).put}
    states = "{'TASK_STAGING': 60}"

    assert {("cluster", states), ("agents", "20"), ("frameworks", states)} == counts
    assert not ui.source.is_behind


def test_new_tables_come_one_at_a_time() -> None:
    """Each takes a look at everything; those that are there are there each time."""
    bench = MasterBench()
    bench.add_agent()
    source = UiBench(bench).source
    wanted = ("agents", "tasks", "offers")

    assert [["agents"], ["agents", "tasks"], list(wanted), list(wanted)] == [
        list(source.refresh(wanted, None)) for _ in range(4)
    ]


def test_a_table_that_was_dropped_is_another_one_when_it_is_made_again() -> None:
    """A reader's place in the old one says nothing of the new one."""
    bench = MasterBench()
    bench.add_agent()
    ui = UiBench(bench)
    place = ui.tables("agents")["agents"].position
    bench.now += 1000
    ui.tables("offers", principal="somebody")
    again = ui.tables("agents")["agents"]

    assert again.since(place).is_reset
