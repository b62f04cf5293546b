"""The launch queue as the API shows it: what waits, how long, and why (marathon-v2-api 9)."""

from collections import Counter
from collections.abc import Iterable
from math import ceil

from koinon_core.attributes import Attribute, AttributeValue
from koinon_core.offers import Offer
from koinon_core.ranges import Ranges
from koinon_core.resources import Resource, Value
from koinon_core.scalars import Scalar
from koinon_frameworks.matching.refusals import RefusalReason

from ..codec.specs import encode_spec
from ..definition.apps import App
from ..definition.path_ids import PathId
from ..definition.run_specs import RunSpec
from ..launch.match_statistics import SpecStatistics, UnusedOffer, first_reasons, funnel
from ..state import State
from ..timestamps import format_seconds
from .waiting import waiting_sentences


def waiting_specs(state: State) -> list[RunSpec]:
    """Every app and pod with instances that wait or whose launch is not confirmed."""
    return [spec for spec_id in sorted(state.queue.specs()) if (spec := state.specs.get(spec_id)) is not None]


def queue_object(
    state: State, specs: Iterable[RunSpec], now: float, *, with_offers: bool, with_reasons: bool = False
) -> dict[str, object]:
    """What waits of these apps and pods, and why.

    `with_offers` embeds the last refused offer of each agent; `with_reasons` adds to these the sentences behind the
    reasons, and to each item what keeps it waiting as a whole, under a key that Marathon's clients do not know and must
    ask for.
    """
    items = []
    for spec in specs:
        item = _item(state, spec, now)
        if spec.role != state.options.default_role:
            item["role"] = spec.role  # strict clients know no such key: only those who use roles see it
        if with_offers or with_reasons:
            unused = state.statistics.of(spec.id).last_unused.values()
            item["lastUnusedOffers"] = [_unused_offer(each, with_reasons=with_reasons) for each in unused]
        if with_reasons:
            item["explanation"] = waiting_sentences(state, spec, now)
        items.append(item)
    return {"queue": items}


def _item(state: State, spec: RunSpec, now: float) -> dict[str, object]:
    deadline = state.backoff.deadline(spec, now)
    return {
        "app" if isinstance(spec, App) else "pod": encode_spec(spec),
        "count": state.queue.count(spec.id),
        "delay": {
            "timeLeftSeconds": 0 if deadline is None else ceil(deadline - now),
            "overdue": deadline is None,
        },
        "since": format_seconds(_waiting_since(state, spec.id, now)),
        "processedOffersSummary": _summary(state.statistics.of(spec.id)),
    }


def _waiting_since(state: State, spec_id: PathId, now: float) -> float:
    members = state.instances.of_spec(spec_id)
    waiting = state.queue.waiting(spec_id) or state.queue.unconfirmed(spec_id)
    return min((members[each].since for each in waiting), default=now)


def _summary(figures: SpecStatistics) -> dict[str, object]:
    summary: dict[str, object] = {
        "processedOffersCount": figures.processed,
        "unusedOffersCount": figures.unused,
        "rejectSummaryLastOffers": _funnel(first_reasons(figures.last_unused.values())),
        "rejectSummaryLaunchAttempt": _funnel(figures.refused_first),
    }
    if figures.last_unused_at is not None:
        summary["lastUnusedOfferAt"] = format_seconds(figures.last_unused_at)
    if figures.last_used_at is not None:
        summary["lastUsedOfferAt"] = format_seconds(figures.last_used_at)
    return summary


def _funnel(firsts: Counter[RefusalReason]) -> list[dict[str, object]]:
    return [
        {"reason": reason.value, "declined": declined, "processed": processed}
        for reason, declined, processed in funnel(firsts)
    ]


def _unused_offer(unused: UnusedOffer, *, with_reasons: bool) -> dict[str, object]:
    shown: dict[str, object] = {
        "offer": _offer_object(unused.offer),
        "reason": list(dict.fromkeys(refusal.reason.value for refusal in unused.refusals)),
        "timestamp": format_seconds(unused.at),
    }
    if with_reasons:
        shown["explanation"] = [refusal.message for refusal in unused.refusals]
    return shown


def _offer_object(offer: Offer) -> dict[str, object]:
    return {
        "id": offer.id,
        "hostname": offer.hostname,
        "agentId": offer.agent_id,
        "resources": [_resource_object(each) for each in offer.resources],
        "attributes": _attribute_objects(offer.attributes),
    }


def _resource_object(resource: Resource) -> dict[str, object]:
    return {"name": resource.name, "role": resource.kind.reserved_role, **_value_object(resource.value)}


def _attribute_objects(attributes: Iterable[Attribute]) -> list[dict[str, object]]:
    return [{"name": attribute.name, **_value_object(attribute.value)} for attribute in attributes]


def _value_object(value: Value | AttributeValue) -> dict[str, object]:
    match value:
        case Scalar():
            return {"scalar": float(value)}
        case Ranges():
            return {"ranges": [{"begin": begin, "end": end} for begin, end in value.intervals]}
        case str():
            return {"text": value}
        case _:
            return {"set": sorted(value)}
