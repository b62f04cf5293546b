"""Offers in, launches out: which app is tried on which offer, in turns (marathon-semantics 9).

Apps take turns in a random order, and so do the offers at hand, one launch at a time: a burst of instances spreads
over the agents that were offered together. An app refused by a constraint is tried again on the same offer when others
of it have launched meanwhile, as GROUP_BY may have been evened out; all other refusals stand, an offer only shrinks.

A turn does so many matches and no more, so that a thousand apps that fit nowhere keep nobody waiting: an offer that it
did not get round to, or that no launch token was there for, is declined for a moment only.
"""

from collections import deque
from collections.abc import Iterable

import attrs

from koinon_core.ids import OfferId
from koinon_core.offers import Filters, Launch, Offer, Operation, OperationType
from koinon_core.tasks import TaskInfo

from .. import stream_events
from ..definition.apps import App
from ..definition.groups import find_top_group
from ..definition.path_ids import PathId, segments
from ..instance.instance_changes import apply
from ..instance.instance_update import launch
from ..instance.instances import Instance, Task, make_task_id
from ..instructions import Accept, Decline
from ..turn import Turn
from .match_statistics import Refusal, RefusalReason
from .matcher import Match, MatchRules, OpenOffer
from .ports import chosen_container_ports
from .placements import Placements
from .task_builder import LaunchPlace, build_task

MATCHES_PER_TURN = 10_000
"""About half a second of them; offers that no match was left for come again."""
SEEN_AGAIN = Filters()
"""For offers that were not looked at by everybody: the master's own default."""


def take_offers(turn: Turn, offers: tuple[Offer, ...]) -> None:
    """Answer every offer: launch on it what fits, give the rest back for `decline_offer_duration`.

    What is left of an accepted offer is declined for as long, where everything that waits was tried on it: a change of
    demand revives.
    """
    rules = MatchRules(options=turn.state.options, home_region=turn.state.home_region, now=turn.now)
    line = list(turn.state.queue.ready)
    turn.rng.shuffle(line)
    shared = _Shared(turn, Placements(turn.state), _Allowance(turn))
    tables = [_Table(shared, OpenOffer.of(offer, rules), line) for offer in offers]
    moving = len(line)
    while moving:
        moving = sum(table.launch_one() for table in tables)
    for table in tables:
        table.note_refusals()
    _tell_refusals(turn, line)
    _answer(turn, tables)


def _tell_refusals(turn: Turn, line: Iterable[PathId]) -> None:
    """Tell who asks for it of apps that wait for other reasons than before."""
    for spec_id in line:
        unused = turn.state.statistics.take_news(spec_id, turn.now)
        spec = turn.state.specs.get(spec_id)
        if unused and spec is not None:
            waiting = turn.state.queue.count(spec_id)
            turn.publish(stream_events.launch_refused(spec, waiting, unused, turn.now))


def _answer(turn: Turn, tables: "list[_Table]") -> None:
    unused = Filters(turn.state.options.decline_offer_duration)
    declined: dict[Filters, list[OfferId]] = {}
    for table in tables:
        filters = SEEN_AGAIN if table.is_cut else unused
        if table.tasks:
            launches = Operation(type=OperationType.LAUNCH, launch=Launch(tuple(table.tasks)))
            turn.after(Accept(offer_ids=(table.offer.id,), operations=(launches,), filters=filters))
        else:
            declined.setdefault(filters, []).append(table.offer.id)
    for filters, offer_ids in declined.items():
        turn.at_once(Decline(tuple(offer_ids), filters))


class _Allowance:
    """What the turn may still do: match, and launch while there are tokens."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._matches = MATCHES_PER_TURN

    def take_match(self) -> bool:
        """Whether one more app may be tried."""
        tokens = self._turn.state.tokens
        if not tokens.left(self._turn.now):
            tokens.miss()
            return False
        self._matches -= 1
        return self._matches >= 0


@attrs.frozen
class _Shared:
    """What all offers of a turn have in common."""

    turn: Turn
    placements: Placements
    allowance: _Allowance


class _Table:
    """One offer and the apps that may still launch on it, in the order of their turns."""

    def __init__(self, shared: _Shared, open_offer: OpenOffer, line: list[PathId]) -> None:
        self.offer = open_offer.offer
        self.tasks: list[TaskInfo] = []
        self.is_cut = False
        """Whether apps that wait were not tried, so that the offer is wanted again soon."""
        self._turn = shared.turn
        self._open = open_offer
        self._line = deque(line)
        self._refused: dict[PathId, tuple[Refusal, ...]] = {}
        self._placements = shared.placements
        self._allowance = shared.allowance

    def launch_one(self) -> bool:
        """Launch one instance of the first app in line that fits. Returns whether one did."""
        if len(self.tasks) >= self._turn.state.options.max_instances_per_offer:
            self.is_cut = self.is_cut or any(self._next_instance(spec_id) for spec_id in self._line)
            return False
        retry: list[PathId] = []
        while self._line:
            spec_id = self._line.popleft()
            app, instance = self._turn.state.find_app(spec_id), self._next_instance(spec_id)
            if app is None or instance is None:
                continue
            if not self._allowance.take_match():
                self._line.appendleft(spec_id)
                self.is_cut = True
                break
            match = self._open.match(app, self._placements.of(app), self._turn.rng)
            if isinstance(match, Match):
                self._launch(app, instance, match)
                self._line.extend((*retry, spec_id))
                return True
            self._refused[spec_id] = match
            if {refusal.reason for refusal in match} == {RefusalReason.UNFULFILLED_CONSTRAINT}:
                retry.append(spec_id)
        self._line.extend(retry)
        return False

    def note_refusals(self) -> None:
        """Remember why apps that still wait could not use the offer."""
        for spec_id, refusals in self._refused.items():
            if self._turn.state.queue.count(spec_id):
                self._turn.state.statistics.note_refused(spec_id, self.offer, refusals, self._turn.now)

    def _next_instance(self, spec_id: PathId) -> Instance | None:
        found = self._turn.state.queue.first_waiting(spec_id)
        return None if found is None else self._turn.state.instances.get(found)

    def _launch(self, app: App, instance: Instance, match: Match) -> None:
        turn, placement = self._turn, self._open.placement
        self._open.take(match)
        place = LaunchPlace(
            task_id=make_task_id(instance.id, instance.attempt + 1),
            agent_id=self.offer.agent_id,
            hostname=self.offer.hostname,
            resources=match.resources,
            ports=match.ports,
            enforces_group_role=_enforces_group_role(turn, app),
        )
        task = Task(
            id=place.task_id,
            agent_id=place.agent_id,
            placement=placement,
            host_ports=tuple(port.host_port for port in match.ports if port.host_port is not None),
            container_ports=chosen_container_ports(app, match.ports),
            staged_at=turn.now,
        )
        self.tasks.append(build_task(app, place, turn.state.options))
        turn.state.tokens.spend()
        apply(turn, launch(instance, (task,), app))
        self._placements.add(app, placement)
        turn.state.statistics.note_used(app.id, self.offer, turn.now)


def _enforces_group_role(turn: Turn, app: App) -> bool:
    group = find_top_group(turn.state.root, app.id)
    return bool(group is not None and group.enforce_role and app.role == segments(app.id)[0])
