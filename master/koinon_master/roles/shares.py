"""Weights and quotas: set by operators, stored, made known to the allocator, and given room by taking offers back
(mesos-semantics 5.3, 5.4). What is refused is in ``validation/quota``; who gets what is the allocator's.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from koinon_core.operator_api import RemoveQuota, SetQuota, UpdateQuota, UpdateWeights
from koinon_core.quantities import Quantities
from koinon_core.quota import QuotaConfig
from koinon_core.resources import Resources
from koinon_core.roles import is_within
from koinon_core.scalars import ZERO, Scalar

from ..entities import HeldOffer
from ..events import OperatorCallReceived, RequestId
from ..offer_book import OfferBook
from ..registry.records import SetQuotas, SetWeights
from ..state import ClusterState
from ..validation.quota import find_overcommit, find_quotas_problem, find_request_problem, find_weights_problem


class ClusterShares:
    """Operators' wishes about roles."""

    def __init__(self, state: ClusterState, offers: OfferBook) -> None:
        self._state = state
        self._offers = offers

    # Weights

    def update_weights(self, event: OperatorCallReceived, call: UpdateWeights, _: float) -> None:
        """Set weights; of a role named twice the last one counts."""
        problem = find_weights_problem(call)
        if problem is not None:
            self._state.answer(event.request, 400, problem)
            return
        operation = SetWeights({(info.role or "").strip(): info.weight for info in call.weight_infos})
        self._state.store(operation, partial(self._weights_set, event.request, operation))

    def _weights_set(self, request: RequestId, operation: SetWeights, _: float) -> None:
        state = self._state
        state.weights.update(operation.weights)
        state.allocator.set_weights(state.weights)
        roles = {role for framework in state.frameworks.values() for role in framework.info.all_roles()}
        if any(is_within(role, weighed) for role in roles for weighed in operation.weights):
            # A share of one role is a share that all others have not.
            self._offers.rescind(tuple(state.offers), f"weights changed: {', '.join(sorted(operation.weights))}")
        state.note("weights_set", roles=sorted(operation.weights))
        state.answer(request, 200)

    # Quota

    def update_quota(self, event: OperatorCallReceived, call: UpdateQuota, _: float) -> None:
        """Set quotas, all or none."""
        state = self._state
        problem = find_quotas_problem(call.quota_configs, state.quotas, state.allocator, is_forced=bool(call.force))
        self._set_quotas(event.request, problem, call.quota_configs)

    def set_quota(self, event: OperatorCallReceived, call: SetQuota, _: float) -> None:
        """Set one quota in the older way: a guarantee that is the limit as well."""
        state, request = self._state, call.quota_request
        problem = find_request_problem(request, state.quotas)
        if problem is not None:
            state.answer(event.request, 400, problem)
            return
        amounts = {item.name: item.value for item in request.guarantee if isinstance(item.value, Scalar)}
        config = QuotaConfig(role=request.role or "", guarantees=amounts, limits=amounts)
        overcommit = find_overcommit((config,), state.quotas, state.allocator)
        if overcommit is not None and not request.force:
            begin = "Quota guarantees overcommit the cluster (use 'force' to bypass this check)"
            state.answer(event.request, 409, f"{begin}: Total {overcommit}")
            return
        problem = find_quotas_problem((config,), state.quotas, state.allocator, is_forced=bool(request.force))
        self._set_quotas(event.request, problem, (config,))

    def remove_quota(self, event: OperatorCallReceived, call: RemoveQuota, _: float) -> None:
        """Take a role's quota away."""
        problem = None
        if call.role not in self._state.quotas:
            problem = f"Failed to remove quota: Role '{call.role}' has no quota set"
        self._set_quotas(event.request, problem, (QuotaConfig(role=call.role),))

    def _set_quotas(self, request: RequestId, problem: str | None, configs: Sequence[QuotaConfig]) -> None:
        if problem is not None:
            self._state.answer(request, 400, problem)
            return
        operation = SetQuotas(tuple(configs))
        self._state.store(operation, partial(self._quotas_set, request, operation))

    def _quotas_set(self, request: RequestId, operation: SetQuotas, _: float) -> None:
        state = self._state
        for config in operation.configs:
            if config.is_default:
                state.quotas.pop(config.role, None)
            else:
                state.quotas[config.role] = config
        state.allocator.set_quotas(state.quotas)
        for config in operation.configs:
            self._enforce_limits(config)
            self._make_room(config)
        state.note("quotas_set", roles=[config.role for config in operation.configs])
        state.answer(request, 200)

    def _enforce_limits(self, config: QuotaConfig) -> None:
        """Take offers of a role back until what it holds is within its limits, or none is left."""
        for held in self._offers_of(config.role, is_own=True):
            consumed = self._state.allocator.quota_consumed(config.role)
            above = [name for name, limit in config.limits.items() if consumed[name] > limit]
            if not above:
                return
            unreserved = _unreserved(held.grant.resources)
            if any(unreserved[name] for name in above):
                self._offers.rescind([held.offer.id], f"role {config.role} has more than its new limits")

    def _make_room(self, config: QuotaConfig) -> None:
        """Take offers of roles without guarantees back until what a role is sure to get is free."""
        missing = _lacking(config.guaranteed, self._state.allocator.quota_consumed(config.role))
        missing = _lacking(missing, self._free())
        for held in self._offers_of(config.role, is_own=False):
            if not missing:
                return
            unreserved = _unreserved(held.grant.resources)
            if any(unreserved[name] for name, _ in missing):
                self._offers.rescind([held.offer.id], f"it makes room for the guarantee of role {config.role}")
                missing = _lacking(missing, unreserved)

    def _offers_of(self, role: str, *, is_own: bool) -> list[HeldOffer]:
        """The offers of a top-level role; or those of all others that are sure of nothing themselves."""
        guaranteed = [name for name, config in self._state.quotas.items() if config.guaranteed]
        return [
            held
            for held in self._state.offers.values()
            if (
                is_within(held.grant.role, role)
                if is_own
                else not any(is_within(held.grant.role, name) for name in (role, *guaranteed))
            )
        ]

    def _free(self) -> Quantities:
        free = Quantities()
        for agent in self._state.agents.values():
            if agent.is_connected and not agent.is_deactivated:
                free = free + _unreserved(self._state.allocator.free(agent.id))
        return free


def _unreserved(resources: Resources) -> Quantities:
    """What of resources is for any role. Reservations count against their role whether they are offered or not."""
    return Quantities.of(resources.filter(lambda kind: not kind.reservations))


def _lacking(wanted: Quantities, there: Quantities) -> Quantities:
    """What of ``wanted`` is not there."""
    return Quantities({name: max(ZERO, amount - there[name]) for name, amount in wanted})
