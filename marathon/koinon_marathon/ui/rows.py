"""What stands in one row: an app, a group, an instance, what waits and who refused it (web/src/model/rows.ts).

Functions of the state; which rows are due is `spec_tables`. Times are seconds since 1970, memory and disk MiB.
"""

from collections import Counter
from collections.abc import Iterable

import orjson

from koinon_core.attributes import Attribute, format_value
from koinon_core.quantities import Quantities
from koinon_core.resources import Resources
from koinon_frameworks.matching.refusals import RefusalReason

from ..definition.apps import App
from ..definition.groups import Group
from ..definition.run_specs import RunSpec
from ..instance.instances import Instance
from ..launch.match_statistics import UnusedOffer, funnel
from ..queries.app_status import AppStatus
from ..queries.change_words import runs
from ..queries.health import tally_health
from ..queries.task_statistics import Counts
from ..queries.waiting import waiting_sentences
from ..state import State
from ..timestamps import format_timestamp

Row = dict[str, object]


def encode_row(row: Row) -> bytes:
    """As JSON. orjson's bytes lie in buffers that are several times as large as a row is long."""
    return bytes(memoryview(orjson.dumps(row)))


def app_row(state: State, spec: RunSpec, counts: Counts, status: AppStatus) -> Row:
    """An app or a pod."""
    row: Row = {
        "id": spec.id,
        "kind": "app" if isinstance(spec, App) else "pod",
        "status": status.word.value,
        "instances": spec.instances,
        "running": counts.running,
        # Where it is not even launched it waits: what is wanted and neither of both.
        "staged": max(0, counts.staged - state.queue.count(spec.id)),
        "healthy": counts.healthy,
        "unhealthy": counts.unhealthy,
        "unknown": max(0, counts.running - counts.healthy - counts.unhealthy),
        "is_checked": is_checked(spec),
        "resources": _asked(spec),
        "runs": runs(spec),
        "labels": dict(spec.labels),
        "role": spec.role,
        "version": format_timestamp(spec.version),
        "configured": format_timestamp(spec.version_info.last_config_change_at),
    }
    if status.why is not None:
        row["why"] = status.why
    if status.until is not None:
        row["until"] = status.until
    lock = state.locks.get(spec.id)
    if lock is not None:
        row["deployment"] = lock
    return row


def is_checked(spec: RunSpec | None) -> bool:
    """Whether anybody asks instances how they are."""
    match spec:
        case None:
            return False
        case App():
            return bool(spec.health_checks)
        case _:
            return any(one.health_check is not None for one in spec.containers)


def group_row(group: Group) -> Row:
    """A group, with the version of the tree that changed it last."""
    return {"id": group.id, "version": format_timestamp(group.version), "dependencies": list(group.dependencies)}


def health_word(state: State, instance: Instance) -> str:
    """How an instance is."""
    found = tally_health(state, instance)
    if found is None:
        return "unknown" if is_checked(state.definition_of(instance)) else "unchecked"
    return "healthy" if found else "unhealthy"


def instance_row(instance: Instance, health: str) -> Row:
    """An instance; one that is told to end is said to be killed, whatever its agent said last."""
    row: Row = {
        "id": instance.id,
        "app": instance.spec_id,
        "condition": "Killing" if instance.is_going else instance.condition.value,
        "health": health,
        "tasks": [task.id for task in instance.tasks],
        "ports": [port for task in instance.tasks for port in task.host_ports],
        "addresses": [
            each.ip_address for task in instance.tasks for each in task.ip_addresses if each.ip_address is not None
        ],
        "version": format_timestamp(instance.version),
        "since": instance.since,
    }
    place = instance.task or instance.reservation
    if place is not None:
        row["agent"] = place.agent_id
        row["host"] = place.placement.hostname
    if instance.task is not None and instance.task.started_at is not None:
        row["started"] = instance.task.started_at
    return row


def waiting_row(state: State, spec: RunSpec, now: float) -> Row:
    """Why an app or a pod waits, as a whole."""
    figures, until = state.statistics.of(spec.id), state.backoff.deadline(spec, now)
    unused = figures.last_unused.values()
    row: Row = {
        "app": spec.id,
        "role": spec.role,
        "count": state.queue.count(spec.id),
        "since": _waiting_since(state, spec, now),
        "sentences": waiting_sentences(state, spec, now, counts_down=False),
        "reasons": _reasons(unused),
        "agents": len(unused),
        "offers": figures.processed,
        "funnel": [
            {"reason": reason.value, "declined": declined, "processed": processed}
            for reason, declined, processed in funnel(figures.refused_first)
        ],
    }
    if until is not None:
        row["until"] = until
    return row


def refusal_row(unused: UnusedOffer) -> Row:
    """What an agent offered last, and all that was wrong with it."""
    offer = unused.offer
    return {
        "agent": offer.agent_id,
        "host": offer.hostname,
        "offer": offer.id,
        "at": unused.at,
        "attributes": _attributes(offer.attributes),
        "resources": amounts(offer.resources),
        "reasons": [{"reason": each.reason.value, "text": each.message} for each in unused.refusals],
    }


def amounts(resources: Resources) -> dict[str, float]:
    """How much of each scalar, and how many ports."""
    found = {name: float(amount) for name, amount in Quantities.of(resources)}
    ports = len(resources.ranges("ports"))
    return {**found, "ports": ports} if ports else found


def _asked(spec: RunSpec) -> dict[str, float]:
    found = {"cpus": spec.cpus, "mem": spec.mem, "disk": spec.disk, "gpus": float(spec.gpus)}
    return {name: amount for name, amount in found.items() if amount}


def _attributes(attributes: Iterable[Attribute]) -> dict[str, str]:
    """The first of each name counts, as it does for constraints."""
    found: dict[str, str] = {}
    for each in attributes:
        found.setdefault(each.name, format_value(each.value))
    return found


def _waiting_since(state: State, spec: RunSpec, now: float) -> float:
    first = state.queue.first_waiting(spec.id)
    instance = None if first is None else state.instances.get(first)
    return now if instance is None else instance.since


def _reasons(unused: Iterable[UnusedOffer]) -> list[Row]:
    """Each agent counts once, under the first reason of its last refusal."""
    agents: Counter[RefusalReason] = Counter()
    latest: dict[RefusalReason, UnusedOffer] = {}
    for each in unused:
        reason = each.refusals[0].reason
        agents[reason] += 1
        latest[reason] = each
    return [
        {
            "reason": reason.value,
            "agents": count,
            "example": latest[reason].refusals[0].message,
            "host": latest[reason].offer.hostname,
        }
        for reason, count in agents.most_common()
    ]
