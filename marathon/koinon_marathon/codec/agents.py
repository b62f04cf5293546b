"""Agents as a master's GET_AGENTS describes them (mesos-operator-api), into offers of all that they have unused.

Nothing here was offered: it is what somebody with a view of the master tells, to see where instances would land.
"""

from typing import TypeVar

from koinon_core.agents import AgentInfo
from koinon_core.errors import DecodeError
from koinon_core.ids import AgentId, FrameworkId, OfferId
from koinon_core.offers import Offer
from koinon_core.resources import Resources
from koinon_core.wire import refined_json

from ..definition.problems import INVALID_JSON, Problem, Rejection

T = TypeVar("T")


def read_agents(members: object) -> tuple[Offer, ...] | Rejection:
    """An offer of each active agent's unused resources; the first agent that can't be read refuses all."""
    if not isinstance(members, list):
        return _refuse("/agents", "error.expected.jsarray")
    offers = []
    for index, member in enumerate(members):
        path = f"/agents({index})"
        if not isinstance(member, dict):
            return _refuse(path, "error.expected.jsobject")
        try:
            offer = _read_agent(member)
        except DecodeError as error:
            return _refuse(path + error.path.removeprefix("$").replace(".", "/"), error.why)
        if member.get("active", True):
            offers.append(offer)
    return tuple(offers)


def _read_agent(member: dict[str, object]) -> Offer:
    info = _read(member, "agent_info", AgentInfo)
    total, held = (_read({name: [], **member}, name, Resources) for name in ("total_resources", "allocated_resources"))
    return Offer(
        id=OfferId(""),
        framework_id=FrameworkId(""),
        agent_id=info.id or AgentId(info.hostname),
        hostname=info.hostname,
        resources=total.without(held.allocated_to(None)),
        attributes=info.attributes,
        domain=info.domain,
    )


def _read(member: dict[str, object], name: str, wanted: type[T]) -> T:
    try:
        return refined_json.from_plain(member.get(name), wanted)
    except DecodeError as error:
        raise DecodeError(f"$.{name}{error.path.removeprefix('$')}", error.why) from None


def _refuse(path: str, why: str) -> Rejection:
    return Rejection(422, INVALID_JSON, (Problem(path, why),))
