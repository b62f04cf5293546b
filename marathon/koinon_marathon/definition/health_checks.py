"""Health and readiness checks as values: marathon-v2-api 3.5 and 3.6.

Running them and counting failures belongs to the runtime; their rules to `validation.health_checks`.
"""

from enum import Enum

import attrs


class HealthCheckProtocol(Enum):
    """Who checks and how: HTTP, HTTPS and TCP are run by Marathon, COMMAND and MESOS_* on the agent."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"
    TCP = "TCP"
    COMMAND = "COMMAND"
    MESOS_HTTP = "MESOS_HTTP"
    MESOS_HTTPS = "MESOS_HTTPS"
    MESOS_TCP = "MESOS_TCP"


MESOS_PROTOCOLS = frozenset(protocol for protocol in HealthCheckProtocol if protocol.value.startswith("MESOS_"))
HTTP_PROTOCOLS = frozenset(protocol for protocol in HealthCheckProtocol if "HTTP" in protocol.value)


class IpProtocol(Enum):
    """The address family a MESOS_* check uses."""

    IPV4 = "IPv4"
    IPV6 = "IPv6"


@attrs.frozen
class HealthCheckCommand:
    """The shell text of a COMMAND check."""

    value: str


@attrs.frozen(kw_only=True)
class HealthCheck:
    """One check of a task's health; `port` wins over `port_index`. Times are whole seconds."""

    protocol: HealthCheckProtocol = HealthCheckProtocol.HTTP
    path: str | None = None
    port: int | None = None
    port_index: int | None = None
    command: HealthCheckCommand | None = None
    grace_period_seconds: int = 300
    interval_seconds: int = 60
    timeout_seconds: int = 20
    max_consecutive_failures: int = 3
    delay_seconds: int = 15
    ignore_http1xx: bool = False
    ip_protocol: IpProtocol = IpProtocol.IPV4

    @property
    def is_run_by_mesos(self) -> bool:
        """Whether the agent runs this check rather than Marathon."""
        return self.protocol in MESOS_PROTOCOLS or self.protocol is HealthCheckProtocol.COMMAND


class CheckScheme(Enum):
    """How an HTTP check speaks."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"


@attrs.frozen(kw_only=True)
class CheckHttp:
    """Ask a port for a path."""

    port_index: int | None = None
    port: int | None = None
    path: str | None = None
    scheme: CheckScheme = CheckScheme.HTTP


@attrs.frozen(kw_only=True)
class CheckTcp:
    """Connect to a port."""

    port_index: int | None = None
    port: int | None = None


@attrs.frozen(kw_only=True)
class CheckCommand:
    """A text for the shell, or a program and its arguments."""

    shell: str | None = None
    argv: tuple[str, ...] | None = None


@attrs.frozen
class CheckExec:
    """Run a command in the container."""

    command: CheckCommand


@attrs.frozen(kw_only=True)
class AppCheck:
    """The agent runs it and tells what came of it, no more: exactly one of the three. Times are whole seconds."""

    http: CheckHttp | None = None
    tcp: CheckTcp | None = None
    exec: CheckExec | None = None
    interval_seconds: int = 60
    timeout_seconds: int = 20
    delay_seconds: int = 15


class ReadinessProtocol(Enum):
    """The scheme of a readiness check."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"


@attrs.frozen(kw_only=True)
class ReadinessCheck:
    """Asked of a new task during a deployment until it answers with one of the ready codes. Times are whole seconds."""

    name: str = "readinessCheck"
    protocol: ReadinessProtocol = ReadinessProtocol.HTTP
    path: str = "/"
    port_name: str = "http-api"
    interval_seconds: int = 30
    timeout_seconds: int = 10
    http_status_codes_for_ready: tuple[int, ...] = (200,)
    preserve_last_response: bool = False
