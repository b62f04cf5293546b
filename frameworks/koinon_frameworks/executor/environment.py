"""The environment that an agent hands to an executor (mesos-v1-api 3.4), read into one value. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from koinon_core.ids import AgentId, ExecutorId, FrameworkId
from koinon_daemon.flag_values import parse_duration

from ..errors import EnvironmentProblem

_TRUE = frozenset({"1", "true"})
_MAX_PORT = 65535


@frozen(kw_only=True)
class ExecutorEnvironment:
    """Who this executor is and where its agent listens. Times are seconds."""

    framework_id: FrameworkId
    executor_id: ExecutorId
    agent_id: AgentId | None = None
    host: str = "127.0.0.1"
    port: int = 5051
    domain_socket: str | None = None
    """The path of the agent's socket for executors; then host and port are not used."""
    sandbox: str = "."
    token: str | None = None
    """What proves to the agent who this is."""
    is_checkpointing: bool = False
    recovery_timeout: float = 900.0
    subscription_backoff_max: float = 2.0
    shutdown_grace: float = 5.0

    def __repr__(self) -> str:
        return f"executor {self.executor_id} of framework {self.framework_id}"  # never the token


def read_environment(environ: Mapping[str, str]) -> ExecutorEnvironment:
    """The value of these variables. Raises EnvironmentProblem, which names the variable."""
    host, port = _read_endpoint(environ.get("MESOS_AGENT_ENDPOINT", ""), has_socket="MESOS_DOMAIN_SOCKET" in environ)
    agent_id = environ.get("MESOS_SLAVE_ID")
    return ExecutorEnvironment(
        framework_id=FrameworkId(_need(environ, "MESOS_FRAMEWORK_ID")),
        executor_id=ExecutorId(_need(environ, "MESOS_EXECUTOR_ID")),
        agent_id=AgentId(agent_id) if agent_id else None,
        host=host,
        port=port,
        domain_socket=environ.get("MESOS_DOMAIN_SOCKET") or None,
        sandbox=environ.get("MESOS_SANDBOX") or environ.get("MESOS_DIRECTORY") or ".",
        token=environ.get("MESOS_EXECUTOR_AUTHENTICATION_TOKEN") or None,
        is_checkpointing=environ.get("MESOS_CHECKPOINT", "").lower() in _TRUE,
        recovery_timeout=_read_seconds(environ, "MESOS_RECOVERY_TIMEOUT", "15mins"),
        subscription_backoff_max=_read_seconds(environ, "MESOS_SUBSCRIPTION_BACKOFF_MAX", "2secs"),
        shutdown_grace=_read_seconds(environ, "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", "5secs"),
    )


def _need(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if not value:
        raise EnvironmentProblem(name, "is not set: an executor is started by an agent, not by hand")
    return value


def _read_endpoint(text: str, *, has_socket: bool) -> tuple[str, int]:
    if not text and has_socket:
        return "127.0.0.1", 0
    host, _, digits = text.rpartition(":")
    if not host or not digits.isdecimal() or not 0 < int(digits) <= _MAX_PORT:
        raise EnvironmentProblem("MESOS_AGENT_ENDPOINT", f"{text!r} is not ip:port")
    return host.removeprefix("[").removesuffix("]"), int(digits)


def _read_seconds(environ: Mapping[str, str], name: str, default: str) -> float:
    try:
        return parse_duration(environ.get(name) or default)
    except ValueError as error:
        raise EnvironmentProblem(name, str(error)) from None
