"""What differs on purpose, and why. docs/compatibility.md has a row for each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from attrs import frozen

from .transcript import Difference


@frozen(kw_only=True)
class Known:
    """Differences at some paths of some scenarios, as patterns, and the row of docs/compatibility.md that says why.

    Where ``genuine`` or ``ours`` is given, it must match what is read there, too: a pattern of its text.
    """

    row: str
    paths: str
    scenarios: str = ".*"
    genuine: str = ".*"
    ours: str = ".*"

    def explains(self, scenario: str, difference: Difference) -> bool:
        """Whether this is one of them."""
        return bool(
            re.fullmatch(self.scenarios, scenario)
            and re.fullmatch(self.paths, difference.path)
            and re.fullmatch(self.genuine, _text(difference.genuine), re.DOTALL)
            and re.fullmatch(self.ours, _text(difference.ours), re.DOTALL)
        )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


_PARSER = (
    r"(?:Error (?:in )?parsing '\w+' query parameter in the request body: )?"
    r"(?:Failed to (?:parse|convert) .*|syntax error at .*|Unexpected JSON type parsed|Expecting a JSON object"
    r"|Not expecting a JSON \w+ for field .*"
    r"|Missing required fields: .*|Failed to validate \S+::Call: Expecting 'type' to be present)"
)
_METRICS = (
    r".*GET /metrics/snapshot\.body\.(?:allocator|master/loop_turn_ms|master/ui_readers|registrar/state_fetch_ms).*"
)
_OWN_ADDRESS = r".*container_status\.(?:network_infos|executor_pid)"
_OFF_WORDS = r"(?:GET /state|GET /tasks|GET /roles|GET (?:/master)?/stats)\.json\..*"
_NO_SUCH_PART = r"(?:resource_provider_manager/|containerizer/mesos/|gc/path_removals_failed).*"
AGENTS = (
    Known(
        row="a path beneath an agent's endpoint, as `/state/x`",
        scenarios="agent_paths",
        paths=r"\d+:GET /slave\(1\)/(?:state|flags|health|containers|monitor/statistics)/deeper\..*",
        ours=r"404|404 Not Found\.|text/plain; charset=utf-8",
    ),
    Known(
        row="`/version` of an agent beneath `/slave(1)`",
        scenarios="agent_paths",
        paths=r"\d+:GET /slave\(1\)/version\..*",
    ),
    Known(
        row="names of an agent's `/metrics/snapshot`",
        scenarios="agent_metrics",
        paths=rf".*\.body\.{_NO_SUCH_PART}",
        ours="<absent>",
    ),
    Known(
        row="lists of an agent's operator API that hold nothing",
        scenarios="agent_.*",
        paths=r".*\.(?:get_containers|operations|resource_providers|file_infos|statuses)",
        genuine="<absent>",
        ours=r"\[\]|\{'containers': \[\]\}",
    ),
    Known(
        row="REMOVE_NESTED_CONTAINER, ATTACH_CONTAINER_OUTPUT of a container that is not there",
        paths=r"\d+:(?:REMOVE_(?:NESTED_)?CONTAINER of one unknown parent|ATTACH_CONTAINER_OUTPUT of no child)\..*",
        genuine="500|Unknown (?:root )?container.*",
        ours="404|Container .* cannot be found",
    ),
    Known(
        row="an executor's uuid that is none",
        scenarios="executors_updates",
        paths=r"\d+:UPDATE with an? (?:short|empty) uuid\.body",
        ours="Failed to validate Executor::Call: Not a valid UUID: .*",
    ),
    Known(
        row="an executor's uuid of a version that RFC 4122 does not know",
        scenarios="executors_updates",
        paths=r"\d+:UPDATE with a uuid of no version\..*",
    ),
    Known(
        row="the message as an executor ends before its tasks",
        paths=r".*\.update\.status\.message",
        genuine="Executor terminated",
        ours="Executor terminated.*",
    ),
    Known(
        row="`MESOS_ALLOCATION_ROLE` of frameworks' own executors",
        scenarios="executors_real",
        paths=r".*\.environment\.MESOS_ALLOCATION_ROLE",
        genuine="<absent>",
    ),
)
"""Of agents and executors."""
KNOWN = (
    Known(row="bodies of 400 for JSON that does not fit", paths=r".*\.body", genuine=_PARSER, ours=r"(?!<absent>).+"),
    Known(
        row="a resource that can't be one (negative, no value, a range that ends before it begins)",
        paths=r".*\.body",
        genuine=".*is invalid: Invalid scalar resource: .*",
        ours=".*is negative",
    ),
    Known(row="SUBSCRIBED, `master_info.capabilities`", paths=r".*\.master_info\.capabilities\[2\]\.type"),
    Known(row="`git_sha`, `git_tag` in `/state`, `/version`", paths=r".*\.git_(?:sha|tag)", ours="<absent>"),
    Known(row="`agent_info.checkpoint` of GET_AGENTS", paths=r".*\.agent_info\.checkpoint", ours="<absent>"),
    Known(
        row="agents' capability RESOURCE_PROVIDER",
        paths=r".*\.capabilities\[[67]\](?:\.type)?",
        genuine=".*(?:RESOURCE_PROVIDER|TASK_RESOURCE_LIMITS).*",
        ours=".*TASK_RESOURCE_LIMITS.*|<absent>",
    ),
    Known(
        row="an operation on no resources",
        paths=r".*",
        genuine=".*have multiple resource providers: .*",
        ours=".*none are named.*",
    ),
    Known(row="`/files/*`, `..` in a path, nothing there", paths=r".*(?:GET /files/|_FILES?(?: none .*)?\.body).*"),
    Known(row="names of `/metrics/snapshot`", paths=_METRICS, genuine="<absent>", ours="True"),
    Known(row="names of `/metrics/snapshot`", paths=r".*/offer_filters/roles/dev/active", ours="<absent>"),
    Known(row="`/help`", paths=r".*GET /help.*"),
    Known(row="the old names that end in `.json`", scenarios="legacy_paths", paths=rf"\d+:{_OFF_WORDS}"),
    Known(
        row="the old names that end in `.json`",
        scenarios="agent_paths",
        paths=r"\d+:GET /slave\(1\)/(?:state|monitor/statistics)\.json\..*",
    ),
    Known(
        row="`?jsonp=` with what names no function",
        scenarios="legacy_jsonp",
        paths=r".*GET /version\?jsonp=(?:|a%20b|%3Cscript%3E|x\(\))\..*",
    ),
    Known(row="percent-encoded letters in a path", paths=r".*GET /%73tate\..*"),
    Known(row="flags in `/flags` and `/state`", paths=r".*GET /flags\.body\.flags\..*"),
    Known(row="container_status of plain processes", paths=_OWN_ADDRESS, ours="<absent>"),
    Known(
        row="`/unreserve` of what is not there",
        paths=r".*POST /unreserve\.body",
        genuine=".* does not contain .*",
        ours=".* does not contain .*",
    ),
    Known(row="`/reserve` for a wrong role", paths=r".*POST /reserve\.body", genuine=".*Role component .*"),
    Known(
        row="protobuf: fields that hold their default",
        scenarios="operator_reads_in_protobuf|agent_operator_reads",
        paths=r".*\.(?:framework_info\.(?:checkpoint|failover_timeout)|command\.shell|ip_addresses\[0\]\.protocol)",
        genuine="<absent>",
        ours="False|0.0|True|IPv4",
    ),
    *AGENTS,
    Known(row="a number written as the text `NaN`", paths=r"59:DECLINE of strangers 19\..*"),
    Known(row="a limit beyond any number", paths=r".*UPDATE_QUOTA huge\.body", genuine=".*greater than 1 trillion.*"),
    Known(row="DELETE of a quota that is not there", paths=r".*DELETE /quota/.*\.body", genuine=".* has no quota set"),
    Known(row="DRAIN_AGENT with a grace below zero", scenarios="drains_below_zero", paths=r"0:DRAIN_AGENT\..*"),
    Known(
        row="a quota without guarantees and limits",
        paths=r".*\.(?:configs|infos)\[\d\]",
        genuine=r"\{'role': '[^']*'\}",
        ours="<absent>",
    ),
    Known(
        row="resources of executors of groups that failed",
        scenarios="task_groups_invalid",
        paths=r".*the verdict on too-much\.status\.message",
        ours="Total resources .* required by task group and its executor are more than available .*",
    ),
)


def unexplained(scenario: str, differences: Iterable[Difference]) -> list[Difference]:
    """Those that no entry explains."""
    return [one for one in differences if not any(known.explains(scenario, one) for known in KNOWN)]
