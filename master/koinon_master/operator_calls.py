"""Operators' calls that change the cluster: which call reaches which rule, and its one answer.

The rules are in the modules beside it. Each takes the question, does what it says or refuses, and answers once: at
once, or when the registry has stored the change (mesos-operator-api 1.1). Calls that only read are the views'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from koinon_core.operator_api import (
    CreateVolumes,
    DestroyVolumes,
    GrowVolume,
    ReserveResources,
    ShrinkVolume,
    TeardownFramework,
    UnreserveResources,
)

from .access.authorization import find_operator_refusal
from .events import OperatorCallReceived
from .frameworks.subscriptions import Subscriptions
from .operations.resource_calls import ResourceCalls
from .state import ClusterState

Rule = Callable[[OperatorCallReceived, Any, float], None]
"""Given the question, its body and the time."""


class OperatorCalls:
    """Routes the calls."""

    def __init__(
        self,
        state: ClusterState,
        subscriptions: Subscriptions,
        resources: ResourceCalls,
        administration: Mapping[type, Rule],
    ) -> None:
        self._state = state
        self._subscriptions = subscriptions
        self._rules: Final[dict[type, Rule]] = {
            TeardownFramework: self._teardown,
            ReserveResources: resources.handle,
            UnreserveResources: resources.handle,
            CreateVolumes: resources.handle,
            DestroyVolumes: resources.handle,
            GrowVolume: resources.handle,
            ShrinkVolume: resources.handle,
            **administration,
        }

    def handle(self, event: OperatorCallReceived, now: float) -> None:
        """Carry a call out."""
        rule = self._rules.get(type(event.body))
        if rule is None:
            self._state.answer(event.request, 501, f"{type(event.body).__name__} is not supported by this master")
            return
        refusal = find_operator_refusal(self._state, event.principal, event.body)
        if refusal is not None:
            self._state.answer(event.request, 403, refusal)
            return
        rule(event, event.body, now)

    def _teardown(self, event: OperatorCallReceived, call: TeardownFramework, now: float) -> None:
        framework = self._state.frameworks.get(call.framework_id)
        if framework is None:
            self._state.answer(event.request, 400, "No framework found with specified ID")
            return
        self._subscriptions.remove(framework, now)
        self._state.answer(event.request, 200)
