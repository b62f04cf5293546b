"""What a test asks afterwards: what was launched, declined, killed, acknowledged; and failures that tell the story."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, NoReturn, TypeVar

from koinon_core.ids import OfferId, TaskId
from koinon_core.scheduler_api import Decline, Kill
from koinon_core.tasks import TaskInfo, TaskState

from .rehearsal import FakeMasterLoop, SeenCall
from .world import FakeTask

BodyT = TypeVar("BodyT")


class Expectations:
    """Questions to the fake master. Names of tasks may be patterns: ``"web-*"``."""

    def __init__(self, master: FakeMasterLoop) -> None:
        """``master`` keeps what happened."""
        self._master = master

    @property
    def calls(self) -> tuple[SeenCall, ...]:
        """Every call that reached the master, SUBSCRIBE among them."""
        return tuple(self._master.calls)

    def calls_of(self, kind: type[BodyT]) -> list[BodyT]:
        """The bodies of one kind of call: ``calls_of(Decline)``."""
        return [seen.call.body for seen in self._master.calls if isinstance(seen.call.body, kind)]

    @property
    def launched(self) -> list[TaskInfo]:
        """The tasks that were launched, in their order, without those that the master refused."""
        return [task.info for task in self._master.machine.world.tasks.values()]

    @property
    def refused(self) -> list[tuple[TaskInfo, str]]:
        """The tasks that the master refused to launch, and why."""
        return list(self._master.machine.world.refused)

    @property
    def declined(self) -> list[OfferId]:
        """The offers that were declined."""
        return [offer_id for call in self.calls_of(Decline) for offer_id in call.offer_ids]

    @property
    def killed(self) -> list[TaskId]:
        """The tasks that were asked to be killed."""
        return [call.task_id for call in self.calls_of(Kill)]

    @property
    def acknowledged(self) -> list[tuple[TaskId, TaskState]]:
        """The updates that were acknowledged."""
        return [(status.task_id, status.state) for status in self._master.machine.lives.acknowledged]

    def task(self, task_id: str) -> FakeTask:
        """A task that was launched: ``.state`` on its agent, ``.info``. Raises FakeMasterError."""
        return self._master.machine.world.task(TaskId(task_id))

    def state_of(self, task_id: str) -> TaskState:
        """Where a task stands on its agent. Raises FakeMasterError."""
        return self.task(task_id).state

    def states(self) -> dict[str, TaskState]:
        """Where all tasks stand."""
        return {task_id: task.state for task_id, task in self._master.machine.world.tasks.items()}

    def story(self) -> str:
        """What happened so far, for a person."""
        return str(self._master.chronicle)

    # Assertions

    def assert_launched(self, *names: str, times: int | None = None) -> None:
        """Each of these was launched; ``times``: so often together, under whatever ids."""
        __tracebackhide__ = True
        for name in names:
            if not any(_is_called(info, name) for info in self.launched):
                self._fail(f"no task {name!r} was launched, but {_list(info.task_id for info in self.launched)}")
        count = sum(any(_is_called(info, name) for name in names) for info in self.launched)
        if times is not None and count != times:
            self._fail(f"{count} launches of {_list(iter(names))}, not {times}")

    def assert_not_launched(self, *names: str) -> None:
        """None of these was launched; without names: nothing was."""
        __tracebackhide__ = True
        found = [info.task_id for info in self.launched if any(_is_called(info, name) for name in names or ("*",))]
        if found:
            self._fail(f"{_list(iter(found))} was launched")

    def assert_killed(self, *task_ids: str) -> None:
        """A KILL came for each of these."""
        __tracebackhide__ = True
        self._assert_all("killed", task_ids, self.killed)

    def assert_declined(self, *offer_ids: str) -> None:
        """Each of these offers was declined; without names: any was."""
        __tracebackhide__ = True
        self._assert_all("declined", task_ids=offer_ids or ("*",), found=self.declined)

    def assert_acknowledged(self, task_id: str, *states: str) -> None:
        """These updates of a task were acknowledged, in this order: ``("a", "RUNNING", "FINISHED")``."""
        __tracebackhide__ = True
        found = [state.name.removeprefix("TASK_") for one, state in self.acknowledged if one == task_id]
        rest = iter(found)
        if not all(state.removeprefix("TASK_") in rest for state in states):
            self._fail(f"of {task_id!r} was acknowledged {_list(iter(found))}, not {_list(iter(states))}")

    def assert_no_offer_held(self) -> None:
        """Every offer was answered: one that is not binds resources that nobody uses."""
        __tracebackhide__ = True
        held = self._master.machine.offers.held
        if held:
            self._fail(f"{_list(iter(held))} was neither accepted nor declined")

    def assert_state(self, task_id: str, state: str) -> None:
        """A task stands there on its agent."""
        __tracebackhide__ = True
        found = self.state_of(task_id).name.removeprefix("TASK_")
        if found != state.removeprefix("TASK_"):
            self._fail(f"{task_id} is {found}, not {state.removeprefix('TASK_')}")

    def _assert_all(self, verb: str, task_ids: tuple[str, ...], found: list[Any]) -> None:
        __tracebackhide__ = True
        for task_id in task_ids:
            if not any(fnmatchcase(one, task_id) for one in found):
                self._fail(f"{task_id!r} was not {verb}, but {_list(iter(found))}")

    def _fail(self, what: str) -> NoReturn:
        __tracebackhide__ = True
        raise AssertionError(f"{what}\n{self.story()}")


def _is_called(info: TaskInfo, name: str) -> bool:
    return fnmatchcase(info.name, name) or fnmatchcase(info.task_id, name)


def _list(names: Iterator[str]) -> str:
    return ", ".join(names) or "nothing"
