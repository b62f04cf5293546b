"""What one turn meant for each app, as entries of its timeline. The one place where the timeline is written.

It looks at what came in, at what the event stream will hear of it and at what was noted on the way; it decides nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from koinon_frameworks.matching.refusals import RefusalReason

from ..definition.groups import Group
from ..definition.path_ids import PathId
from ..definition.tree_differences import spec_difference
from ..events import AppPost, CancelDeployment, ChangeTree, Event, KillInstances, ResetDelay, Restored
from ..happenings import KillBegun, OfferRefused, OfferTaken, Origin
from ..instance.instances import spec_of
from ..queries.waiting import MOST_SAID
from ..stream_events import StreamEvent
from ..timestamps import format_timestamp
from ..turn import Turn
from .deployments import RECORDED as DEPLOYMENTS
from .deployments import record_deployment, record_plan
from .entries import Entry, Kind, SpecChange, Tone
from .health import RECORDED as HEALTH
from .health import record_health
from .kills import why_killed
from .restored import record_restored

_BAD_STATES = frozenset(
    {
        "TASK_FAILED",
        "TASK_LOST",
        "TASK_ERROR",
        "TASK_GONE",
        "TASK_GONE_BY_OPERATOR",
        "TASK_DROPPED",
        "TASK_UNREACHABLE",
        "TASK_UNKNOWN",
    }
)


def record(turn: Turn, event: Event, before: Group) -> None:
    """Write down what the turn was about; `before` is the tree as it was."""
    if isinstance(event, Restored):
        record_restored(turn.state.timeline, event)
    elif before is not turn.state.root or isinstance(event, ChangeTree | KillInstances | CancelDeployment | ResetDelay):
        _record_request(turn, event, before)
    told = turn.told
    for each in told:
        _record_told(turn, each, event)
    _record_refusals(turn)
    for happening in turn.happenings:
        match happening:
            case OfferTaken():
                _record_taken(turn, happening)
            case KillBegun():
                _record_kill(turn, happening, event, told)


def _record_request(turn: Turn, event: Event, before: Group) -> None:
    origin = event_origin(event)
    match event:
        case ResetDelay(spec_id):
            if spec_id in turn.state.specs:
                _add_request(turn, spec_id, f"the delay after failures is ended{_by(origin)}")
        case KillInstances():
            _record_kill_request(turn, event)
    difference = spec_difference(before, turn.state.root)
    undone = f"deployment {event.id} is undone" if isinstance(event, CancelDeployment) else ""
    for path in dict.fromkeys((*difference.before, *difference.after)):
        old, new = difference.before.get(path), difference.after.get(path)
        if old == new:
            continue
        verb = "created" if old is None else "removed" if new is None else undone or "changed"
        restarts = isinstance(event, ChangeTree) and path in event.restarts
        _add_request(
            turn, path, f"{'restarted' if restarts else verb}{_by(origin)}", None if restarts else SpecChange(old, new)
        )
        if new is None:
            turn.state.timeline.note_departed(path)
        else:
            turn.state.timeline.note_present(path)
    _record_refused_request(turn, event)
    record_plan(turn)


def _add_request(
    turn: Turn, path: PathId, text: str, change: SpecChange | None = None, tone: Tone = Tone.PLAIN
) -> None:
    spec = turn.state.specs.get(path)
    entry = Entry(
        at=turn.now,
        kind=Kind.REQUEST,
        text=text,
        change=change,
        tone=tone,
        version=None if spec is None else format_timestamp(spec.version),
    )
    turn.state.timeline.add(path, entry)


def _record_kill_request(turn: Turn, event: KillInstances) -> None:
    """A person asks for kills: of which apps, and what becomes of their number."""
    counts: dict[PathId, int] = defaultdict(int)
    for id_ in event.ids:
        counts[spec_of(id_)] += 1
    for path, count in counts.items():
        if path in turn.state.specs:
            which = "1 instance" if count == 1 else f"{count} instances"
            more = (
                ", to be scaled down by as many" if event.scale else ", with all that they wrote" if event.wipe else ""
            )
            _add_request(turn, path, f"kill of {which} asked for{more}{_by(event.origin)}")


def _record_refused_request(turn: Turn, event: Event) -> None:
    """A change that was not made, where it is known whose it was."""
    post = event.post if isinstance(event, ChangeTree) else None
    if not isinstance(post, AppPost) or post.app_id not in turn.state.specs:
        return
    for each in turn.told:
        if each.type == "group_change_failed":
            reason = str(each.fields["reason"])
            _add_request(turn, post.app_id, f"a change{_by(event_origin(event))} is refused: {reason}", tone=Tone.BAD)


def event_origin(event: Event) -> Origin | None:
    """Who sent what came in, where somebody did."""
    found = getattr(event, "origin", None)
    return found if isinstance(found, Origin) else None


def _by(origin: Origin | None) -> str:
    return "" if origin is None else f" by {origin}"


def _record_told(turn: Turn, told: StreamEvent, event: Event) -> None:
    if told.type == "status_update_event":
        _record_status(turn, told.fields)
    elif told.type in HEALTH:
        record_health(turn, told)
    elif told.type in DEPLOYMENTS:
        record_deployment(turn.state.timeline, told, goes_on=isinstance(event, Restored))


def _record_status(turn: Turn, fields: Mapping[str, Any]) -> None:
    state, host, message = fields["taskStatus"], fields["host"], fields["message"]
    entry = Entry(
        at=turn.now,
        kind=Kind.STATUS,
        text=f"{state}{f' on {host}' if host else ''}{f': {message[:MOST_SAID]}' if message else ''}",
        tone=Tone.BAD if state in _BAD_STATES else Tone.GOOD if state == "TASK_RUNNING" else Tone.PLAIN,
        instance=fields["taskId"].rpartition(".")[0].rpartition(".")[0] or None,
        task=fields["taskId"],
        agent=fields["slaveId"] or None,
        host=host or None,
        version=fields["version"],
    )
    turn.state.timeline.add(fields["appId"], entry)


def _record_refusals(turn: Turn) -> None:
    """One entry for each reason that is the first of an offer's, for as long as nothing but offers comes between."""
    found: dict[tuple[PathId, RefusalReason], list[OfferRefused]] = defaultdict(list)
    for each in turn.happenings:
        if isinstance(each, OfferRefused):
            found[each.spec_id, each.refusals[0].reason].append(each)
    for (spec_id, reason), refused in found.items():
        turn.state.timeline.repeat(
            spec_id, reason, _refusal_entry(turn.now, refused), [each.offer.agent_id for each in refused]
        )


def _refusal_entry(now: float, refused: list[OfferRefused]) -> Entry:
    latest = refused[-1]
    reason = latest.refusals[0]
    is_one = len(refused) == 1
    return Entry(
        at=now,
        kind=Kind.OFFER,
        text=f"{{offers}} from {{agents}} declined, {latest.offer.hostname}: {reason.message}",
        agent=latest.offer.agent_id if is_one else None,
        host=latest.offer.hostname if is_one else None,
        offer=latest.offer.id if is_one else None,
    )


def _record_taken(turn: Turn, taken: OfferTaken) -> None:
    instance, offer = taken.instance, taken.offer
    done = "what it needs is set aside" if taken.is_set_aside else "launched"
    entry = Entry(
        at=turn.now,
        kind=Kind.OFFER if taken.is_set_aside else Kind.LAUNCH,
        text=f"offer of {offer.hostname} taken: an instance {'waits, ' if taken.is_set_aside else ''}{done}",
        instance=instance.id,
        task=instance.task.id if instance.task else None,
        agent=offer.agent_id,
        host=offer.hostname,
        offer=offer.id,
        version=format_timestamp(instance.version),
    )
    turn.state.timeline.add(instance.spec_id, entry)


def _record_kill(turn: Turn, begun: KillBegun, event: Event, told: Iterable[StreamEvent]) -> None:
    instance, task = begun.instance, begun.instance.task
    host = task.placement.hostname if task else None
    entry = Entry(
        at=turn.now,
        kind=Kind.KILL,
        text=f"kill{f' on {host}' if host else ''}: {why_killed(turn.state, instance, event, told)}",
        instance=instance.id,
        task=task.id if task else None,
        agent=task.agent_id if task else None,
        host=host,
        version=format_timestamp(instance.version),
    )
    turn.state.timeline.add(instance.spec_id, entry)
