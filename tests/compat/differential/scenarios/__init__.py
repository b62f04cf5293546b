"""What is played to both masters: each scenario is a function of a Script, named by its function."""

from __future__ import annotations

from . import (
    agent_executors,
    agent_operator,
    agent_reads,
    cluster_calls,
    legacy,
    machines,
    offers,
    operations,
    operator_reads,
    scheduler_calls,
    subscriptions,
    tasks,
    transport,
)
from .catalogue import CATALOGUE, Scenario

MODULES = (
    agent_executors,
    agent_operator,
    agent_reads,
    cluster_calls,
    legacy,
    machines,
    offers,
    operations,
    operator_reads,
    scheduler_calls,
    subscriptions,
    tasks,
    transport,
)
__all__ = ["CATALOGUE", "Scenario"]
