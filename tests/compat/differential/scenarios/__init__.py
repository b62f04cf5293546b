"""What is played to both masters: each scenario is a function of a Script, named by its function."""

from __future__ import annotations

from . import (
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
