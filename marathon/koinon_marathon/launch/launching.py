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
from koinon_core.offers import Filters, LaunchGroup, Offer, Operation
from koinon_core.tasks import TaskInfo
from koinon_frameworks.matching.refusals import Refusal, RefusalReason

from .. import stream_events
from ..definition.path_ids import PathId
from ..definition.run_specs import RunSpec
from ..happenings import OfferRefused, OfferTaken
from ..instance.instance_changes import apply
from ..instance.instance_update import launch
from ..instance.instances import Instance
from ..instructions import Accept, Decline
from ..plugins.hooks import TaskWithheld
from ..turn import Turn
from .launches import Seat, launch_operations, prepare_launch
from .matcher import Match, MatchRules, OpenOffer
from .placements import Placements
from .residents import elsewhere, find_residents, first_without_reservation, free_orphaned, set_aside

MATCHES_PER_TURN = 10_000
"""About half a second of them; offers that no match was left for come again."""
SEEN_AGAIN = Filters()
"""For offers that were not looked at by everybody: the master's own default."""
SEEN_AT_ONCE = Filters(0.0)
"""For offers whose resources are set aside or given back: what is made of them is waited for."""


def take_offers(turn: Turn, offers: tuple[Offer, ...]) -> None:
    """Answer every offer: launch on it what fits, give the rest back for `decline_offer_duration`.

    What is left of an accepted offer is declined for as long, where everything that waits was tried on it: a change of
    demand revives.
    """
    rules = MatchRules(
        options=turn.state.options, home_region=turn.state.home_region, now=turn.now, hooks=turn.state.hooks
    )
    line = list(turn.state.queue.ready)
    turn.rng.shuffle(line)
    shared = _Shared(turn, Placements(turn.state), _Allowance(turn))
    tables = [_Table(shared, OpenOffer.of(offer, rules), line) for offer in offers]
    for table in tables:
        table.use_reservations()
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
        operations = [*table.operations, *launch_operations(table.launched)]
        if operations:
            filters = SEEN_AT_ONCE if table.is_remade else filters
            turn.after(Accept(offer_ids=(table.offer.id,), operations=tuple(operations), filters=filters))
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
        self.launched: list[TaskInfo | LaunchGroup] = []
        self.operations: list[Operation] = []
        """What is done to the offer's resources before anything is launched."""
        self.is_cut = False
        """Whether apps that wait were not tried, so that the offer is wanted again soon."""
        self._turn = shared.turn
        self._open = open_offer
        self._line = deque(line)
        self._refused: dict[PathId, tuple[Refusal, ...]] = {}
        self._placements = shared.placements
        self._allowance = shared.allowance

    @property
    def is_remade(self) -> bool:
        """Whether resources of the offer are set aside or given back."""
        return bool(self.operations)

    def use_reservations(self) -> None:
        """Give back what nobody needs, and launch whoever has something set aside here, before all others."""
        turn, residents = self._turn, find_residents(self._turn.state, self.offer)
        self.operations += free_orphaned(turn, residents)
        for instance, holding in residents.waiting:
            spec = turn.state.specs.get(instance.spec_id)
            if spec is None or spec.id not in turn.state.queue.ready:
                continue
            if not self._allowance.take_match():
                self.is_cut = True
                break
            match = self._open.match(spec, self._placements.of(spec, instance.id), turn.rng, holding)
            if isinstance(match, Match):
                self._launch(spec, instance, match)
            else:
                self._refused[spec.id] = match

    def launch_one(self) -> bool:
        """Launch one instance of the first app in line that fits. Returns whether one did."""
        if len(self.launched) >= self._turn.state.options.max_instances_per_offer:
            self.is_cut = self.is_cut or any(self._next_instance(spec_id) for spec_id in self._line)
            return False
        retry: list[PathId] = []
        while self._line:
            spec_id = self._line.popleft()
            app, instance = self._turn.state.specs.get(spec_id), self._next_instance(spec_id)
            if app is None or instance is None:
                self._note_elsewhere(app)
                continue
            if not self._allowance.take_match():
                self._line.appendleft(spec_id)
                self.is_cut = True
                break
            match = self._open.match(app, self._placements.of(app), self._turn.rng)
            if isinstance(match, Match):
                if app.is_resident:
                    self._set_aside(app, instance, match)
                elif not self._launch(app, instance, match):
                    continue
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
                self._turn.happenings.append(OfferRefused(spec_id, self.offer, refusals))

    def _next_instance(self, spec_id: PathId) -> Instance | None:
        spec = self._turn.state.specs.get(spec_id)
        return None if spec is None else first_without_reservation(self._turn.state, spec)

    def _note_elsewhere(self, app: RunSpec | None) -> None:
        refusal = None if app is None else elsewhere(self._turn.state, app)
        if app is not None and refusal is not None:
            self._refused.setdefault(app.id, (refusal,))

    def _set_aside(self, app: RunSpec, instance: Instance, match: Match) -> None:
        self._open.take(match)
        self.operations += set_aside(self._turn, app, instance, match, self._open)
        self._placements.add(app, self._open.placement, instance.id)
        self._turn.state.statistics.note_used(app.id, self.offer, self._turn.now)
        self._turn.happenings.append(OfferTaken(instance, self.offer, is_set_aside=True))

    def _launch(self, spec: RunSpec, instance: Instance, match: Match) -> bool:
        """Launch it, unless a plugin keeps it from being launched, which is then the offer's refusal."""
        turn, placement = self._turn, self._open.placement
        launching = prepare_launch(turn, spec, instance, Seat(offer=self.offer, placement=placement, match=match))
        if isinstance(launching, TaskWithheld):
            self._refused[spec.id] = (Refusal(RefusalReason.UNFULFILLED_CONSTRAINT, launching.message),)
            return False
        self._open.take(match)
        self.launched.append(launching.wanted)
        turn.state.tokens.spend()
        apply(turn, launch(instance, launching.tasks, spec))
        self._placements.add(spec, placement, instance.id)
        turn.state.statistics.note_used(spec.id, self.offer, turn.now)
        turn.happenings.append(OfferTaken(attrs.evolve(instance, tasks=launching.tasks), self.offer))
        return True
