"""Mesos's flat metric names as Prometheus's families and labels: one rule for each kind of name.

What a rule is, is ``koinon_daemon.prometheus``'s. The numbers are the same as in ``/metrics/snapshot``; sums and shares
that a query makes of the others are left out.
"""

from __future__ import annotations

from collections.abc import Mapping

from koinon_daemon.prometheus import Kind, Rule
from koinon_daemon.system_metrics import SYSTEM_RULES

_RESOURCES = ("cpus", "gpus", "mem", "disk")
_ENDED = ("finished", "failed", "killed", "lost", "error", "dropped", "gone", "gone_by_operator")
_OPERATION_STANDS = ("pending", "recovering", "unreachable")


def _of_resource(name: str, *, is_revocable: bool) -> tuple[Rule, ...]:
    labels = {"resource": name, "revocable": str(is_revocable).lower()}
    stem = f"master/{name}_revocable" if is_revocable else f"master/{name}"
    return (
        Rule(
            f"{stem}_total", "koinon_master_resource_capacity", "What all agents have; MB of mem, disk.", labels=labels
        ),
        Rule(f"{stem}_used", "koinon_master_resource_used", "What tasks and executors hold.", labels=labels),
        Rule(f"{stem}_percent", None),
    )


def _counter(pattern: str, family: str, help: str, labels: Mapping[str, str] | None = None) -> Rule:
    return Rule(pattern, family, help, Kind.COUNTER, labels or {})


_F = "master/frameworks/{framework}/{framework_id}"
_FRAMEWORKS = (
    Rule(f"{_F}/subscribed", "koinon_framework_subscribed", "1 while the framework listens."),
    Rule(f"{_F}/calls", None),
    _counter(f"{_F}/calls/{{call}}", "koinon_framework_calls", "Calls that came."),
    Rule(f"{_F}/events", None),
    _counter(f"{_F}/events/{{event}}", "koinon_framework_events", "Events that were sent."),
    Rule(f"{_F}/operations", None),
    _counter(f"{_F}/operations/{{operation}}", "koinon_framework_operations", "Operations on offers."),
    _counter(f"{_F}/offers/{{answer}}", "koinon_framework_offers", "Offers: sent, accepted, declined, rescinded."),
    Rule(f"{_F}/tasks/active/{{state}}", "koinon_framework_tasks", "Tasks that have not ended, by state."),
    _counter(f"{_F}/tasks/terminal/{{state}}", "koinon_framework_tasks_ended", "Tasks that ended, by state."),
    Rule(f"{_F}/roles/{{role*}}/suppressed", "koinon_framework_suppressed", "1 while the role wants no offers."),
)
_TASKS = (
    _counter(
        "master/task_{state}/source_{source}/reason_{reason}",
        "koinon_master_task_ends",
        "Ends for which a reason was given.",
    ),
    *(
        _counter(f"master/tasks_{state}", "koinon_master_tasks_ended", "Tasks that ended, by state.", {"state": state})
        for state in _ENDED
    ),
    Rule("master/tasks_{state}", "koinon_master_tasks", "Tasks that have not ended, by state."),
)
_OPERATIONS = (
    Rule("master/operations/{operation}/total", None),
    *(
        Rule(
            f"master/operations/{{operation}}/{state}",
            "koinon_master_operations",
            "Operations that have not ended, by type and state.",
            labels={"state": state},
        )
        for state in _OPERATION_STANDS
    ),
    _counter(
        "master/operations/{operation}/{state}",
        "koinon_master_operations_ended",
        "Operations that ended, by type and state.",
    ),
    Rule("master/operations/{state}", None),
)
_AGENTS = (
    Rule("master/slaves_{condition}", "koinon_master_agents", "Agents; active ones are connected, too."),
    Rule("master/frameworks_{condition}", "koinon_master_frameworks", "Frameworks; active ones are connected, too."),
    _counter("master/slave_registrations", "koinon_master_agent_registrations", "Agents that came."),
    _counter("master/slave_reregistrations", "koinon_master_agent_reregistrations", "Agents that came back."),
    Rule("master/slave_removals", None),
    _counter("master/slave_removals/reason_{reason}", "koinon_master_agent_removals", "Agents that were removed."),
    _counter(
        "master/recovery_slave_removals", "koinon_master_agent_recovery_removals", "Agents that did not come back."
    ),
    _counter("master/slave_unreachable_{step}", "koinon_master_agent_unreachable", "Agents lost from sight, by step."),
    _counter("master/slave_shutdowns_{step}", "koinon_master_agent_shutdowns", "Agents told to end, by step."),
)
_MESSAGES = (
    _counter("master/messages_{type}", "koinon_master_messages", "Messages that came, by type."),
    _counter("master/dropped_messages", "koinon_master_dropped_messages", "Messages of nobody whom we know."),
    *(
        _counter(f"master/{word}_{{type}}", "koinon_master_judged_messages", "Messages by verdict.", {"verdict": word})
        for word in ("valid", "invalid")
    ),
    Rule("master/event_queue_{kind}", "koinon_master_event_queue", "Events that wait."),
    _counter("master/http_cache_hits", "koinon_master_http_cache_hits", "Answers that were at hand."),
    Rule("master/operator_event_stream_subscribers", "koinon_master_operator_streams", "Open streams of operators."),
)
_ALLOCATOR = (
    _counter("allocator/mesos/allocation_runs", "koinon_allocator_runs", "How often resources were shared out."),
    Rule("allocator/mesos/resources/{resource}/total", "koinon_allocator_resource_capacity", "What there is to offer."),
    Rule(
        "allocator/mesos/resources/{resource}/offered_or_allocated",
        "koinon_allocator_resource_granted",
        "What is offered or used.",
    ),
    Rule("allocator/mesos/roles/{role*}/shares/dominant", "koinon_role_dominant_share", "From 0 to 1."),
    Rule("allocator/mesos/offer_filters/roles/{role*}/active", "koinon_role_offer_filters", "Refusals that hold."),
    *(
        Rule(
            f"allocator/mesos/quota/roles/{{role*}}/resources/{{resource}}/{what}",
            f"koinon_role_quota_{name}",
            "The role's quota, by resource.",
        )
        for what, name in (
            ("guarantee", "guarantee"),
            ("limit", "limit"),
            ("offered_or_allocated", "granted"),
            ("consumed", "consumed"),
        )
    ),
    Rule("allocator/event_queue_dispatches", None),
    Rule("allocator/mesos/event_queue_dispatches", None),
)
RULES: tuple[Rule, ...] = (
    *_FRAMEWORKS,
    *_TASKS,
    *_OPERATIONS,
    *(
        rule
        for name in _RESOURCES
        for revocable in (True, False)
        for rule in _of_resource(name, is_revocable=revocable)
    ),
    *_AGENTS,
    *_MESSAGES,
    *_ALLOCATOR,
    Rule("master/elected", "koinon_master_elected", "1 on the master that leads."),
    Rule("master/uptime_secs", "koinon_master_uptime_seconds", "For how long this process runs."),
    Rule("master/outstanding_offers", "koinon_master_outstanding_offers", "Offers that wait for an answer."),
    Rule("master/ui_readers", "koinon_master_ui_readers", "Browsers that read the web UI's stream."),
    Rule("registrar/queued_operations", "koinon_registrar_queue", "Changes of the registry that wait to be stored."),
    Rule("registrar/registry_size_bytes", "koinon_registrar_registry_bytes", "How large the registry is."),
    Rule("registrar/log/recovered", "koinon_registrar_recovered", "1 once the registry was read."),
    Rule("registrar/log/ensemble_size", "koinon_registrar_ensemble", "Servers that keep the registry."),
    *SYSTEM_RULES,
)
"""In order: the first that fits wins."""
