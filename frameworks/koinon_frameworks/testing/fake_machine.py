"""The fake master's one door: subscriptions, calls and what a test has happen; events come out. Pure.

It has one framework at a time, and keeps to mesos-semantics 3 to 6. What it does not know it refuses loudly.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from attrs import evolve, frozen

from koinon_core.ids import AgentId, FrameworkId, OfferId, StreamId, make_framework_id
from koinon_core.offers import Offer
from koinon_core.resources import Resources
from koinon_core.scheduler_api import (
    HEARTBEAT_INTERVAL_SECONDS,
    Accept,
    AcceptInverseOffers,
    Acknowledge,
    Call,
    Decline,
    DeclineInverseOffers,
    Error,
    EventBody,
    Heartbeat,
    Kill,
    Message,
    Reconcile,
    Request,
    Revive,
    Shutdown,
    Subscribe,
    Subscribed,
    Suppress,
    Teardown,
    UpdateFramework,
)
from koinon_core.tasks import TaskState

from .accepting import Accepting
from .lives import Lives
from .offering import OfferBook
from .world import Close, FakeAgent, FakeFramework, FakeMasterError, Instruction, Say, World

REMOVED = "Framework has been removed"
FAILED_OVER = "Framework failed over"


@frozen
class CallRefusal:
    """Why a call is refused: the HTTP status, and the text."""

    status: int
    text: str


class FakeMasterMachine:
    """Every method returns what is to be said; ``next_at`` says when to ``tick``."""

    def __init__(self, rng: Random) -> None:
        """``rng`` makes uuids."""
        self.world = World(rng)
        self.offers = OfferBook(self.world)
        self.lives = Lives(self.world)
        self.silent: set[StreamId] = set()
        """Streams on which nothing comes any more."""
        self._accepting = Accepting(self.world, self.offers, self.lives)

    @property
    def next_at(self) -> float | None:
        """When something happens by itself."""
        return self.world.agenda.next_at

    def tick(self, now: float) -> list[Instruction]:
        """Let happen what is due."""
        self.world.agenda.run(now)
        return self._flush(now)

    def _flush(self, now: float) -> list[Instruction]:
        self.offers.allocate(now)
        made, self.world.instructions = self.world.instructions, []
        return [one for one in made if not isinstance(one, Say) or one.stream_id not in self.silent]

    # Subscriptions

    def subscribe(self, call: Call, stream_id: StreamId, now: float) -> list[Instruction]:
        """Take the framework in, or tell it on its stream why not (mesos-v1-api 2.1)."""
        if not isinstance(call.body, Subscribe):
            raise FakeMasterError(f"{type(call.body).__name__} opens no stream")
        info, known = call.body.framework_info, self.world.framework
        if info.id in self.world.burnt:
            self.world.instructions += [Say(stream_id, Error(REMOVED)), Close(stream_id)]
            return self._flush(now)
        if known is not None and known.id == info.id:
            framework = known
            self._leave_stream(framework, Error(FAILED_OVER))
            framework.info = evolve(info, user=known.info.user, checkpoint=known.info.checkpoint)
        else:
            framework = self._take_in(info.id or None, call.body)
        framework.stream_id = stream_id
        framework.suppressed = set(call.body.suppressed_roles)
        if framework.ending is not None:
            framework.ending.is_off = True
        self.world.tell(Subscribed(framework_id=framework.id))
        self._beat(stream_id, now)
        self.lives.resend_all(now)
        return self._flush(now)

    def _take_in(self, framework_id: FrameworkId | None, body: Subscribe) -> FakeFramework:
        """A framework that this master does not know: a new one, or one of the master before."""
        old = self.world.framework
        if old is not None:
            self._leave_stream(old, None)
            for task in self.world.tasks.values():
                task.is_known = False
        number = self.world.next_number("framework") if framework_id is None else 0
        framework_id = framework_id or make_framework_id(self.world.master_id, number)
        framework = FakeFramework(id=framework_id, info=evolve(body.framework_info, id=framework_id))
        self.world.framework = framework
        return framework

    def _leave_stream(self, framework: FakeFramework, farewell: EventBody | None) -> None:
        """The framework's stream ends, if it has one, and with it its offers and refusals."""
        if framework.stream_id is None:
            return
        if farewell is not None:
            self.world.tell(farewell)
        self.world.instructions.append(Close(framework.stream_id))
        framework.stream_id = None
        self.offers.discard()
        self.offers.forget_refusals()

    def close_stream(self, stream_id: StreamId, now: float) -> list[Instruction]:
        """The framework hung up: its failover timeout begins."""
        framework = self.world.framework
        if framework is not None and framework.stream_id == stream_id:
            self._leave_stream(framework, None)
            timeout = framework.info.failover_timeout
            framework.ending = self.world.agenda.at(now + timeout, lambda _: self._end(framework))
        return self._flush(now)

    def _beat(self, stream_id: StreamId, now: float) -> None:
        framework = self.world.framework
        if framework is not None and framework.stream_id == stream_id:
            self.world.tell(Heartbeat())
            self.world.agenda.at(now + HEARTBEAT_INTERVAL_SECONDS, lambda then: self._beat(stream_id, then))

    def _end(self, framework: FakeFramework) -> None:
        """End a framework: its tasks, its offers, its stream and its id."""
        if self.world.framework is framework:
            self._leave_stream(framework, Error(REMOVED))
            self.lives.end_all()
            self.world.burnt.add(framework.id)
            self.world.framework = None

    # Calls

    def find_refusal(self, call: Call, stream_id: StreamId) -> CallRefusal | None:
        """What is wrong with a call before it is carried out (mesos-v1-api 2.3)."""
        framework = self.world.framework
        if framework is None or call.framework_id != framework.id:
            return CallRefusal(400, "Framework cannot be found")
        if framework.stream_id is None:
            return CallRefusal(403, "Framework is not subscribed")
        if framework.stream_id != stream_id:
            return CallRefusal(400, f"The stream ID '{stream_id}' included in this request didn't match the stream ID")
        return None

    def call(self, call: Call, now: float) -> list[Instruction]:
        """Carry a call out that ``find_refusal`` found nothing wrong with."""
        framework = self.world.framework
        if framework is not None:
            self._carry_out(framework, call.body, now)
        return self._flush(now)

    def _carry_out(self, framework: FakeFramework, body: Any, now: float) -> None:
        match body:
            case Accept():
                self._accepting.accept(body, now)
            case Decline(offer_ids=offer_ids, filters=filters):
                self.offers.decline(offer_ids, filters, now)
            case Revive(roles):
                framework.suppressed.difference_update(roles or framework.info.all_roles())
                self.offers.revive(roles or framework.info.all_roles())
            case Suppress(roles):
                framework.suppressed.update(roles or framework.info.all_roles())
            case Kill():
                self.lives.kill(body, now)
            case Acknowledge(task_id=task_id, uuid=uuid):
                self.lives.acknowledge(task_id, uuid, now)
            case Reconcile(tasks):
                self.lives.reconcile(tasks, now)
            case Shutdown(executor_id=executor_id, agent_id=agent_id):
                self.lives.shut_down(agent_id, executor_id, now)
            case Teardown():
                self._end(framework)
            case UpdateFramework(framework_info=info, suppressed_roles=suppressed):
                framework.info, framework.suppressed = evolve(info, id=framework.id), set(suppressed)
            case Message() | Request() | AcceptInverseOffers() | DeclineInverseOffers():
                pass
            case _:
                raise FakeMasterError(f"the fake master carries no {type(body).__name__} out: try a real cluster")

    # What a test has happen

    def happen(self, act: Callable[[], Any], now: float) -> list[Instruction]:
        """Let anything happen to the world, and its consequences follow."""
        act()
        return self._flush(now)

    def add_agent(self, agent: FakeAgent, now: float) -> list[Instruction]:
        """An agent registers."""
        self.world.agents[agent.id] = agent
        return self._flush(now)

    def offer(self, agent_id: AgentId, resources: Resources | None, role: str | None) -> Offer:
        """Make an offer by hand: of all that is free unless resources are named. Raises FakeMasterError."""
        agent, framework = self.world.agent(agent_id), self.world.framework
        if framework is None or framework.stream_id is None:
            raise FakeMasterError("no framework is subscribed that could be made an offer")
        wanted = agent.free if resources is None else resources
        if wanted not in agent.free:
            raise FakeMasterError(f"{agent_id} has {agent.free} free, not {wanted}")
        return self.offers.offer(agent, wanted, role or framework.info.all_roles()[0])

    def rescind(self, offer_id: OfferId) -> None:
        """Take an offer back. Raises FakeMasterError."""
        if offer_id not in self.offers.held:
            raise FakeMasterError(f"offer {offer_id} is not out; out are: {', '.join(self.offers.held) or 'none'}")
        self.offers.rescind([offer_id])

    def lose_agent(self, agent: FakeAgent, now: float, *, is_gone: bool = False) -> None:
        """The master gives an agent up (mesos-semantics 3.2): unreachable, or gone for good by the operator's word."""
        self.offers.rescind_of(agent.id)
        agent.is_away, agent.is_gone = not is_gone, is_gone
        state = TaskState.TASK_GONE_BY_OPERATOR if is_gone else TaskState.TASK_UNREACHABLE
        message = "Agent has been marked gone" if is_gone else "Agent is unreachable"
        self.lives.lose_of(agent, state, message, now)

    def return_agent(self, agent: FakeAgent, now: float) -> None:
        """An agent that was given up comes back with its tasks. Raises FakeMasterError for one that is gone."""
        if agent.is_gone:
            raise FakeMasterError(f"{agent.id} was marked gone: it can't come back under that id")
        had_gone, agent.is_away, agent.is_expected = agent.is_away, False, False
        self.lives.bring_back(agent, now, tells=had_gone)

    def fail_over(self, now: float, returning: float) -> None:
        """Another master leads: it knows no framework and no offer; agents come after ``returning`` seconds."""
        framework = self.world.framework
        if framework is not None:
            self._leave_stream(framework, None)
        self.world.terms += 1
        self.world.framework, self.world.burnt = None, set()
        self.offers.discard()
        self.offers.forget_refusals()
        for task in self.world.tasks.values():
            task.is_known = False
        for agent in self.world.agents.values():
            if not agent.is_gone:
                agent.is_expected, agent.is_away = True, False
                self.world.agenda.at(now + returning, lambda then, agent=agent: self.return_agent(agent, then))  # type: ignore[misc]

    def remove_framework(self) -> None:
        """An operator tears the framework down."""
        if self.world.framework is not None:
            self._end(self.world.framework)

    def break_stream(self) -> None:
        """The connection is cut; the framework may come back."""
        if self.world.framework is not None and self.world.framework.stream_id is not None:
            self.world.instructions.append(Close(self.world.framework.stream_id))

    def fall_silent(self) -> None:
        """Nothing more comes on the present stream, and nobody hangs up."""
        if self.world.framework is not None and self.world.framework.stream_id is not None:
            self.silent.add(self.world.framework.stream_id)
