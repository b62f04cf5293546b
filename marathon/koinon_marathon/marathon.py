"""Marathon's one door: events go in, instructions come out. It routes; the rules live in the files it names."""

from random import Random

from koinon_frameworks.driver.reconcile import Reconciler

from . import subscription
from .changes.requests import take_request
from .definition.groups import Group
from .due_timers import run_due
from .events import (
    AgentLost,
    CancelDeployment,
    ChangeTree,
    Disconnected,
    Event,
    KillInstances,
    MessageReceived,
    OfferRescinded,
    OffersReceived,
    ResetDelay,
    Restored,
    StatusReceived,
    Subscribed,
    Tick,
)
from .health.answers import take_answer
from .health.probes import ProbeAnswered
from .instance.statuses import take_status
from .instructions import Instruction
from .invariants import check_state
from .launch.launching import take_offers
from .launch.residents import forget_agent
from .options import Options
from .plugins.hooks import SpecHooks
from .restoring import restore
from .settling import settle
from .state import State
from .timeline.recording import record
from .timestamps import timestamp
from .turn import Turn


class Marathon:
    """Keeps apps at their wanted number of instances. Knows no clock, store or network."""

    def __init__(self, options: Options, rng: Random, hooks: SpecHooks | None = None) -> None:
        """All randomness comes from `rng`; `hooks` are the plugins that have a say."""
        reconciler = Reconciler(rng, implicit_interval=options.reconciliation_interval)
        self.state = State(options, Group(version=timestamp(0)), reconciler)
        self.state.hooks = hooks or self.state.hooks
        self._rng = rng

    def handle(self, event: Event, now: float) -> list[Instruction]:
        """Take one event in at `now` (seconds since 1970) and say what to do, in order.

        Raises FrameworkIdMissing for a store that must not be served.
        """
        self.state.turns += 1
        turn, before = Turn(self.state, now, self._rng), self.state.root
        self._route(turn, event)
        settle(turn)
        record(turn, event, before)
        return turn.instructions()

    def next_deadline(self) -> float | None:
        """When a `Tick` is due; None: not before the next event."""
        return self.state.timers.next_deadline()

    def check(self) -> None:
        """Raise BrokenInvariant if the state contradicts itself. For tests: it looks at everything."""
        check_state(self.state)

    def _route(self, turn: Turn, event: Event) -> None:
        match event:
            case StatusReceived(status):
                take_status(turn, status)
            case OffersReceived(offers):
                take_offers(turn, offers)
            case Tick():
                run_due(turn)
            case ChangeTree() | KillInstances() | CancelDeployment() | ResetDelay():
                take_request(turn, event)
            case ProbeAnswered():
                take_answer(turn, event)
            case Restored():
                restore(turn, event)
            case Subscribed():
                subscription.subscribe(turn, event)
            case Disconnected():
                subscription.disconnect(turn)
            case MessageReceived():
                subscription.pass_on(turn, event)
            case AgentLost(agent_id):
                self.state.statistics.forget_agent(agent_id)
                forget_agent(turn, agent_id)
            case OfferRescinded():
                pass  # a launch on it, if one is under way, comes back as TASK_LOST or TASK_DROPPED
