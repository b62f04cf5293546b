"""All probes of all tasks over time: which is due when, and what each outcome says about its task. Pure.

The rules are those of mesos-semantics 7.2. Between two probes a check is one entry of the agent's heap of timers. What
a verdict does to a task is its own machine's affair.
"""

from __future__ import annotations

from enum import Enum
from random import Random

from attrs import define

from koinon_core.ids import ContainerId
from koinon_core.tasks import TaskInfo
from koinon_core.transitions import next_state

from ..containerizer import ContainerRun
from ..tasks.machine import TaskMachine
from ..timers import Moment, TaskKey, Timers
from .probes import Place, Prevented, Probe, ProbeDone, ProbeDue, ProbeKey, ProbeKind, StopProbe
from .schedule import Schedule, find_place, plan_probes
from .verdicts import CheckAnswered, Health, HealthJudged, find_problem, find_status, judge

Verdict = HealthJudged | CheckAnswered


class CheckPhase(Enum):
    """Where one check of one task stands. A check that is stopped is forgotten."""

    WAITING = "waiting"
    """For its time."""
    PROBING = "probing"
    """For an outcome."""


TRANSITIONS: dict[tuple[CheckPhase, type], CheckPhase] = {
    (CheckPhase.WAITING, ProbeDue): CheckPhase.PROBING,
    (CheckPhase.PROBING, ProbeDone): CheckPhase.WAITING,
}


@define(kw_only=True)
class _Check:
    task: TaskInfo
    schedule: Schedule
    container_id: ContainerId
    place: Place
    started_at: float
    health: Health
    phase: CheckPhase = CheckPhase.WAITING
    untold: Verdict | None = None
    """The latest, while too many others wait to be heard."""


class Checks:
    """The checks of the tasks that run."""

    def __init__(self, timers: Timers, rng: Random) -> None:
        """``rng`` spreads the probes of tasks that are taken up together."""
        self._timers = timers
        self._rng = rng
        self._checks: dict[ProbeKey, _Check] = {}

    def __len__(self) -> int:
        """How many checks there are."""
        return len(self._checks)

    def begin(self, machine: TaskMachine, run: ContainerRun, now: Moment) -> None:
        """Ask a task that runs from now on.

        After a restart of the agent it is as well as was told last. How often it had failed by then is not
        remembered: a task that was not well has failed once.
        """
        # By the steady clock: setting the machine's clock must not end anybody's grace.
        started_at = now.steady - max(0.0, now.wall - run.started_at)
        for schedule in plan_probes(machine.task):
            probe_key = ProbeKey(machine.key, schedule.kind)
            if probe_key in self._checks:
                continue
            self._checks[probe_key] = _Check(
                task=machine.task,
                schedule=schedule,
                container_id=run.container_id,
                place=find_place(machine.task, run),
                started_at=started_at,
                health=Health(machine.healthy, failures=1 if machine.healthy is False else 0),
            )
            due = started_at + schedule.delay
            if now.steady - due > schedule.interval:
                # It was asked before: an agent that comes back asks its tasks one after another.
                due = now.steady + self._rng.uniform(0.0, schedule.interval)
            self._timers.set(ProbeDue(probe_key), due)

    def stop(self, key: TaskKey) -> list[StopProbe]:
        """Ask a task no more."""
        stopped = []
        for kind in ProbeKind:
            probe_key = ProbeKey(key, kind)
            check = self._checks.pop(probe_key, None)
            if check is None:
                continue
            self._timers.cancel(ProbeDue(probe_key))
            if check.phase is CheckPhase.PROBING:
                stopped.append(StopProbe(probe_key))
        return stopped

    def probe(self, due: ProbeDue) -> list[Probe]:
        """The time of a check has come; of none where it was stopped in the same instant.

        Raises InvalidTransition for one that asks already.
        """
        check = self._move(due.key, due)
        if check is None:
            return []
        return [
            Probe(
                key=due.key,
                container_id=check.container_id,
                target=check.schedule.target,
                place=check.place,
                timeout=check.schedule.timeout,
            )
        ]

    def take(self, done: ProbeDone, now: Moment) -> Verdict | None:
        """Take an outcome in: what it says of the task, if anything. One whose check was stopped says nothing.

        Raises InvalidTransition where nothing was asked.
        """
        check = self._move(done.key, done)
        if check is None:
            return None
        self._timers.set(ProbeDue(done.key), now.steady + check.schedule.interval)
        if isinstance(done.outcome, Prevented):
            return None
        if done.key.kind is ProbeKind.CHECK and check.task.check is not None:
            return CheckAnswered(find_status(check.task.check, done.outcome))
        if check.task.health_check is None:
            return None
        problem = find_problem(check.schedule.target, done.outcome)
        check.health, judged = judge(check.health, check.task.health_check, problem, now.steady - check.started_at)
        return judged

    def keep_untold(self, key: ProbeKey, verdict: Verdict | None) -> None:
        """Nobody listens now: the last that a check finds until somebody does is told then. None: all is told."""
        if (check := self._checks.get(key)) is not None:
            check.untold = verdict

    def take_untold(self, key: TaskKey) -> list[Verdict]:
        """What was kept of a task; somebody listens again."""
        found = []
        for kind in ProbeKind:
            check = self._checks.get(ProbeKey(key, kind))
            if check is not None and check.untold is not None:
                found.append(check.untold)
                check.untold = None
        return found

    def _move(self, key: ProbeKey, event: ProbeDue | ProbeDone) -> _Check | None:
        check = self._checks.get(key)
        if check is not None:
            check.phase = next_state(TRANSITIONS, f"{key.kind.value} of {key.task}", check.phase, type(event))
        return check
