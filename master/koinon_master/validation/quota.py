"""What is wrong with quotas and weights that an operator wants (mesos-operator-api 1.1, 5, mesos-semantics 5.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from koinon_core.operator_api import UpdateWeights
from koinon_core.quantities import Quantities
from koinon_core.quota import QuotaConfig, QuotaRequest
from koinon_core.resources import Resource
from koinon_core.roles import find_role_problem
from koinon_core.scalars import ZERO, Scalar

from ..allocator.interface import Allocator

MAX_AT_ONCE = 200
"""So many roles can be changed by one call: a call is one write of the registry, with keys made of the roles."""
MAX_ROLE = 255
"""Bytes: a write of as many keys as may travel together must still be one transaction of the store."""
_EXABYTE = 1024**4
"""In megabytes."""
_TRILLION = 10**12
_MEASURED_IN_MEGABYTES = ("mem", "disk")
_FORCE = "(use 'force' flag to bypass this check)"


def find_weights_problem(call: UpdateWeights) -> str | None:
    """Why these weights can't be set, or None."""
    if len(call.weight_infos) > MAX_AT_ONCE:
        return f"update_weights.weight_infos: {len(call.weight_infos)} weights, more than {MAX_AT_ONCE} at once"
    begin = "Failed to validate update weights request JSON"
    for info in call.weight_infos:
        role = (info.role or "").strip()
        problem = _find_role_problem(role)
        if problem is not None:
            return f"{begin}: Invalid role '{role}': {problem}"
        if not 0 < info.weight < float("inf"):
            return f"{begin} for role '{role}': Invalid weight '{info.weight:g}': Weights must be positive"
    return None


def find_quotas_problem(
    configs: Sequence[QuotaConfig], present: Mapping[str, QuotaConfig], allocator: Allocator, *, is_forced: bool
) -> str | None:
    """Why these quotas can't be set beside those that are there, or None."""
    if len(configs) > MAX_AT_ONCE:
        return f"update_quota.quota_configs: {len(configs)} quotas, more than {MAX_AT_ONCE} at once"
    for config in configs:
        if "/" in config.role and find_role_problem(config.role) is None:
            return f"Updating quota on nested role '{config.role}' is not supported yet"
        problem = _find_config_problem(config)
        if problem is not None:
            return f"Invalid QuotaConfig: {problem}"
    if is_forced:
        return None
    problem = find_overcommit(configs, present, allocator)
    if problem is not None:
        return f"Invalid QuotaConfig: total {problem} {_FORCE}"
    return next((problem for config in configs if (problem := _find_excess(config, allocator)) is not None), None)


def find_request_problem(request: QuotaRequest, present: Mapping[str, QuotaConfig]) -> str | None:
    """Why quota can't be asked for in the older way, whatever the cluster has, or None."""
    role = request.role or ""
    if "/" in role and find_role_problem(role) is None:
        return f"Setting quota on nested role '{role}' is not supported yet"
    problem = _find_request_problem(role, tuple(request.guarantee), present)
    return None if problem is None else f"Failed to validate set quota request: {problem}"


def find_overcommit(
    configs: Iterable[QuotaConfig], present: Mapping[str, QuotaConfig], allocator: Allocator
) -> str | None:
    """How all guarantees together exceed what the cluster has, or None; to follow a word like 'total'."""
    together = Quantities()
    for config in {**present, **{config.role: config for config in configs}}.values():
        together = together + config.guaranteed
    capacity = allocator.total()
    if capacity >= together:
        return None
    return f"quota guarantees '{together}' exceed cluster capacity '{capacity}'"


def _find_request_problem(role: str, guarantee: Sequence[Resource], present: Mapping[str, QuotaConfig]) -> str | None:
    problem = _find_role_problem(role)
    if problem is not None:
        return f"QuotaInfo with invalid role: {problem}"
    if not guarantee:
        return "QuotaInfo with empty 'guarantee'"
    problem = next((found for item in guarantee if (found := _find_item_problem(item)) is not None), None)
    names = [item.name for item in guarantee]
    twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if problem is None and twice is not None:
        return f"QuotaInfo contains duplicate resource name '{twice}'"
    if problem is None and role in present:
        problem = f"Cannot set quota for role '{role}' which already has quota"
    return problem


def _find_item_problem(item: Resource) -> str | None:
    if item.kind.reservations:
        return "QuotaInfo must not contain any ReservationInfo"
    if item.kind.disk is not None:
        return "QuotaInfo must not contain DiskInfo"
    if item.kind.revocable:
        return "QuotaInfo must not contain RevocableInfo"
    if not isinstance(item.value, Scalar):
        return "QuotaInfo must not include non-scalar resources"
    if item.value < ZERO:
        return f"QuotaInfo with invalid resource: '{item.name}:{item.value}' is negative"
    return None


def _find_role_problem(role: str) -> str | None:
    if len(role.encode()) > MAX_ROLE:
        return f"it is longer than {MAX_ROLE} bytes"
    return find_role_problem(role)


def _find_config_problem(config: QuotaConfig) -> str | None:
    problem = _find_role_problem(config.role)
    if problem is not None:
        return f"Invalid 'QuotaConfig.role': {problem}"
    for word, amounts in (("guarantee", config.guarantees), ("limit", config.limits)):
        negative = next((name for name, amount in amounts.items() if amount < ZERO), None)
        if negative is not None:
            shown = _show({negative: amounts[negative]}, quote="'")
            return f"Invalid {word} configuration {{{shown}}}: Negative values not supported"
    for word, amounts in (("guarantees", config.guarantees), ("limits", config.limits)):
        for name, amount in amounts.items():
            problem = _find_absurdity(name, amount)
            if problem is not None:
                shown = _show({name: amount}, quote="'")
                return f"Invalid 'QuotaConfig.{word}': {{{shown}}} is invalid: {problem}"
    if any(amount > config.limits[name] for name, amount in config.guarantees.items() if name in config.limits):
        return (
            f"'QuotaConfig.guarantees' {{ {_show(config.guarantees)} }} is not contained within "
            f"the 'QuotaConfig.limits' {{ {_show(config.limits)} }}"
        )
    return None


def _find_absurdity(name: str, amount: Scalar) -> str | None:
    most, words = (_EXABYTE, "exabyte") if name in _MEASURED_IN_MEGABYTES else (_TRILLION, "trillion")
    return f"values greater than 1 {words} ({most}) are not supported" if float(amount) > most else None


def _find_excess(config: QuotaConfig, allocator: Allocator) -> str | None:
    """How a role uses more than its limits already, or None."""
    consumed = allocator.quota_consumed(config.role)
    if all(consumed[name] <= limit for name, limit in config.limits.items()):
        return None
    limits = Quantities(dict(config.limits))
    return (
        f"Invalid QuotaConfig: Role '{config.role}' is already consuming '{consumed}'; "
        f"this is more than the requested limits '{limits}' {_FORCE}"
    )


def _show(amounts: Mapping[str, Scalar], quote: str = "") -> str:
    return ", ".join(f"{quote}{name}{quote}: {float(amount):.15g}" for name, amount in amounts.items())
