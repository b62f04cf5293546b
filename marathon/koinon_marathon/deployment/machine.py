"""One deployment under way: which step it is at and what its actions want (marathon-semantics 3.3, 3.4).

Carrying orders out and telling the world is `deploying`. A new leader begins at the step that was reached.
"""

from collections.abc import Callable
from enum import Enum

from koinon_core.errors import InvalidTransition
from koinon_core.transitions import next_state

from ..definition.path_ids import PathId
from ..instance.instances import Instance
from .actions import ActionRun, begin
from .orders import Orders, SpecView
from .plan import Action, DeploymentPlan, Step


class DeploymentState(Enum):
    """Where a deployment stands."""

    SCHEDULED = "Scheduled"
    DEPLOYING = "Deploying"
    SUCCEEDED = "Succeeded"
    CANCELLED = "Cancelled"


class DeploymentTrigger(Enum):
    """What moves a deployment."""

    BEGIN_STEP = "begin step"
    FINISH = "finish"
    CANCEL = "cancel"


TRANSITIONS: dict[tuple[DeploymentState, DeploymentTrigger], DeploymentState] = {
    (DeploymentState.SCHEDULED, DeploymentTrigger.BEGIN_STEP): DeploymentState.DEPLOYING,
    (DeploymentState.SCHEDULED, DeploymentTrigger.FINISH): DeploymentState.SUCCEEDED,
    (DeploymentState.SCHEDULED, DeploymentTrigger.CANCEL): DeploymentState.CANCELLED,
    (DeploymentState.DEPLOYING, DeploymentTrigger.BEGIN_STEP): DeploymentState.DEPLOYING,
    (DeploymentState.DEPLOYING, DeploymentTrigger.FINISH): DeploymentState.SUCCEEDED,
    (DeploymentState.DEPLOYING, DeploymentTrigger.CANCEL): DeploymentState.CANCELLED,
}


class Deployment:
    """A plan and how far it is. `step_number` is 0 before the first step, then counts from 1."""

    def __init__(self, plan: DeploymentPlan, *, reached: int = 1) -> None:
        """`reached` is the step to begin with. One beyond the plan's last stands for the last."""
        self.plan = plan
        self.state = DeploymentState.SCHEDULED
        self.step_number = max(0, min(reached, len(plan.steps)) - 1)
        self._running: dict[PathId, ActionRun] = {}

    @property
    def step(self) -> Step | None:
        """The step under way."""
        return self.plan.steps[self.step_number - 1] if self.step_number else None

    @property
    def current_actions(self) -> tuple[Action, ...]:
        """The actions of the step under way that are not done."""
        step = self.step
        return () if step is None else tuple(action for action in step.actions if action.spec_id in self._running)

    @property
    def is_step_done(self) -> bool:
        """Whether nothing of the step is left to do."""
        return not self._running

    @property
    def has_more_steps(self) -> bool:
        """Whether there is a step after this one."""
        return self.step_number < len(self.plan.steps)

    def begin_step(self, view_of: Callable[[PathId], SpecView]) -> Step:
        """Go on to the next step. Raises InvalidTransition for a deployment that is over or has no more steps."""
        if not self.has_more_steps:
            raise InvalidTransition(self.plan.id, self.state.value, DeploymentTrigger.BEGIN_STEP.value)
        self._move(DeploymentTrigger.BEGIN_STEP)
        self.step_number += 1
        step = self.plan.steps[self.step_number - 1]
        self._running = {action.spec_id: begin(action, view_of(action.spec_id)) for action in step.actions}
        return step

    def finish(self) -> None:
        """All steps are done."""
        self._move(DeploymentTrigger.FINISH)
        self._running.clear()

    def cancel(self) -> None:
        """Stop where it is; what was done stays done."""
        self._move(DeploymentTrigger.CANCEL)
        self._running.clear()

    def note(self, spec_id: PathId, before: Instance | None, after: Instance | None, *, is_ready: bool) -> None:
        """Tell the app's action of a changed instance."""
        run = self._running.get(spec_id)
        if run is not None:
            run.note(before, after, is_ready=is_ready)

    def is_at_work_on(self, spec_id: PathId) -> bool:
        """Whether the step under way has something left to do with the app."""
        return spec_id in self._running

    def is_yet_to_do(self, spec_id: PathId) -> bool:
        """Whether a later step deals with the app or pod."""
        return any(action.spec_id == spec_id for step in self.plan.steps[self.step_number :] for action in step.actions)

    def decide(self, spec_id: PathId, view: SpecView) -> Orders:
        """What the app's action wants; an action that is done leaves the step."""
        orders = self._running[spec_id].decide(view)
        if orders.is_done:
            del self._running[spec_id]
        return orders

    def _move(self, trigger: DeploymentTrigger) -> None:
        self.state = next_state(TRANSITIONS, self.plan.id, self.state, trigger)
