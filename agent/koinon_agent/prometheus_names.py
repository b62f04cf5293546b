"""An agent's flat metric names as Prometheus's families and labels: one rule for each kind of name.

What a rule is, is ``koinon_daemon.prometheus``'s. The numbers are the same as in ``/metrics/snapshot``.
"""

from __future__ import annotations

from koinon_daemon.prometheus import Kind, Rule
from koinon_daemon.system_metrics import SYSTEM_RULES

_ENDED = ("finished", "failed", "killed", "lost", "gone")


def _of_resource(name: str, *, is_revocable: bool) -> tuple[Rule, ...]:
    labels = {"resource": name, "revocable": str(is_revocable).lower()}
    stem = f"slave/{name}_revocable" if is_revocable else f"slave/{name}"
    return (
        Rule(f"{stem}_total", "koinon_agent_resource_capacity", "What the agent has; MB of mem, disk.", labels=labels),
        Rule(f"{stem}_used", "koinon_agent_resource_used", "What tasks and executors hold.", labels=labels),
        Rule(f"{stem}_percent", None),
    )


RULES: tuple[Rule, ...] = (
    *(
        Rule(f"slave/tasks_{state}", "koinon_agent_tasks_ended", "Tasks that ended.", Kind.COUNTER, {"state": state})
        for state in _ENDED
    ),
    Rule("slave/tasks_{state}", "koinon_agent_tasks", "Tasks that have not ended, by state."),
    Rule("slave/recovery_errors", None),
    Rule("slave/executors_{state}", "koinon_agent_executors", "Executors by state."),
    *(
        rule
        for name in ("cpus", "gpus", "mem", "disk")
        for is_revocable in (True, False)
        for rule in _of_resource(name, is_revocable=is_revocable)
    ),
    *(
        Rule(
            f"slave/{word}_status_updates",
            "koinon_agent_status_updates",
            "Status updates by verdict.",
            Kind.COUNTER,
            {"verdict": word},
        )
        for word in ("valid", "invalid")
    ),
    *(
        Rule(
            f"slave/{word}_framework_messages",
            "koinon_agent_framework_messages",
            "What schedulers had for executors, by verdict.",
            Kind.COUNTER,
            {"verdict": word},
        )
        for word in ("valid", "invalid")
    ),
    Rule("slave/container_launch_errors", "koinon_agent_launch_errors", "Containers that did not start.", Kind.COUNTER),
    Rule("slave/registered", "koinon_agent_registered", "1 while a master knows the agent."),
    Rule("slave/frameworks_active", "koinon_agent_frameworks", "Frameworks with tasks here."),
    Rule("slave/recovery_time_secs", "koinon_agent_recovery_seconds", "How long finding its containers again took."),
    Rule("slave/uptime_secs", "koinon_agent_uptime_seconds", "For how long this process runs."),
    Rule("gc/path_removals_pending", "koinon_agent_removals_pending", "Sandboxes that wait to be removed."),
    Rule("gc/path_removals_succeeded", "koinon_agent_removals", "Sandboxes that were removed.", Kind.COUNTER),
    Rule(
        "slave/executor_directory_max_allowed_age_secs", "koinon_agent_sandbox_max_age_seconds", "How long they stay."
    ),
    *(
        Rule(
            f"containerizer/fetcher/task_fetches_{outcome}",
            "koinon_agent_fetches",
            "Containers that were fetched for, by outcome.",
            Kind.COUNTER,
            {"outcome": outcome},
        )
        for outcome in ("succeeded", "failed")
    ),
    Rule("containerizer/fetcher/cache_size_total_bytes", "koinon_agent_fetcher_cache_limit_bytes", "What it may hold."),
    Rule("containerizer/fetcher/cache_size_used_bytes", "koinon_agent_fetcher_cache_bytes", "What is kept of fetches."),
    *SYSTEM_RULES,
)
"""In order: the first that fits wins."""
