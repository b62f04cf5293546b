"""An agent that is to be empty: ends what runs and takes nothing new until its master wants it back
(mesos-semantics 10). Pure.

Nothing is written down but the wish to end each task: a master repeats a drain whenever the agent registers.
"""

from __future__ import annotations

from koinon_core.agents import DrainConfig
from koinon_core.containers import DurationInfo
from koinon_core.frameworks import FrameworkInfo
from koinon_core.tasks import KillPolicy, TaskStatusReason, TaskStatusSource

from ..instructions import Instruction, Note
from ..settings import AgentSettings
from ..timers import Moment
from .ledger import Tasks
from .machine import KillAsked, Report, lost_state


class Draining:
    """Whether the agent is being emptied, and on which terms."""

    def __init__(self, settings: AgentSettings, tasks: Tasks) -> None:
        self._settings = settings
        self._tasks = tasks
        self.config: DrainConfig | None = None
        self.begun_at: float | None = None

    def begin(self, config: DrainConfig, now: Moment) -> list[Instruction]:
        """End every task, each with its own grace but none with more than the drain allows."""
        if self.config is None:
            self.begun_at = now.wall
        self.config = config
        instructions: list[Instruction] = [Note("draining", {"mark_gone": str(config.mark_gone)})]
        for machine in self._tasks.live():
            grace = self._settings.kill_grace(machine.task, None, config)
            policy = KillPolicy(grace_period=DurationInfo(nanoseconds=int(grace * 1e9)))
            instructions += self._tasks.tell(machine, KillAsked(grace=grace, drain=config, policy=policy), now)
        return instructions

    def end(self) -> list[Instruction]:
        """Take tasks again."""
        if self.config is None:
            return []
        self.config = self.begun_at = None
        return [Note("reactivated")]

    def find_refusal(self, framework: FrameworkInfo) -> Report | None:
        """What is told of a task that should start here now; None: it may."""
        if self.config is None:
            return None
        return Report(
            state=lost_state(framework),
            message="The agent is draining",
            source=TaskStatusSource.SOURCE_AGENT,
            reason=TaskStatusReason.REASON_AGENT_DRAINING,
        )
