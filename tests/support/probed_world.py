"""Tasks of the world of `marathon_world` as Marathon's own checks find them: what is asked, and answers to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from koinon_marathon.definition.health_checks import HealthCheck, HealthCheckProtocol, ReadinessCheck
from koinon_marathon.definition.networks import PortDefinition
from koinon_marathon.health.probes import Outcome, Probe, ProbeAnswered, ProbeKind, Responded
from koinon_marathon.instructions import Publish

from .marathon_world import World

WELL = Responded(200, "OK")
ILL = Responded(503, "Service Unavailable")
ONE_PORT = (PortDefinition(name="http"),)


def http_check(**fields: Any) -> HealthCheck:
    """An HTTP check of the first port, every 10 s, without grace, that kills at its third failure."""
    known: dict[str, Any] = {"protocol": HealthCheckProtocol.HTTP, "path": "/health", "port_index": 0}
    known |= {"grace_period_seconds": 0, "interval_seconds": 10, "timeout_seconds": 5, "max_consecutive_failures": 2}
    return HealthCheck(**{**known, **fields})


def readiness_check(**fields: Any) -> ReadinessCheck:
    """An HTTP check of the port named http, every 30 s."""
    return ReadinessCheck(**{"port_name": "http", "path": "/ready", **fields})


def asked(world: World, kind: ProbeKind = ProbeKind.HEALTH) -> list[Probe]:
    """What was asked since this was looked at last."""
    found = [effect for effect in world.effects if isinstance(effect, Probe) and effect.key.kind is kind]
    world.effects = [effect for effect in world.effects if effect not in found]
    return found


def answer(world: World, outcome: Outcome, kind: ProbeKind = ProbeKind.HEALTH) -> int:
    """All that is asked is answered in one way. Returns how many that were."""
    probes = asked(world, kind)
    for probe in probes:
        world.send(ProbeAnswered(probe.key, outcome))
    return len(probes)


def rounds(world: World, *outcomes: Outcome, seconds: float = 10.0) -> None:
    """One round of health checks for each outcome, `seconds` apart."""
    for outcome in outcomes:
        world.sleep(seconds)
        answer(world, outcome)


def published(world: World, type_: str) -> list[Mapping[str, object]]:
    """The fields of all events of a type."""
    events = [effect.event for effect in world.effects if isinstance(effect, Publish)]
    return [event.fields for event in events if event.type == type_]
