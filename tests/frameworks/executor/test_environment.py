"""What an agent's environment tells an executor."""

import pytest

from koinon_core.ids import AgentId, ExecutorId, FrameworkId
from koinon_frameworks.errors import EnvironmentProblem
from koinon_frameworks.executor.environment import ExecutorEnvironment, read_environment

GIVEN = {
    "MESOS_FRAMEWORK_ID": "F",
    "MESOS_EXECUTOR_ID": "E",
    "MESOS_SLAVE_ID": "S0",
    "MESOS_AGENT_ENDPOINT": "10.0.0.1:5051",
    "MESOS_SANDBOX": "/sandbox",
    "MESOS_CHECKPOINT": "1",
    "MESOS_RECOVERY_TIMEOUT": "15mins",
    "MESOS_SUBSCRIPTION_BACKOFF_MAX": "2secs",
    "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD": "500ms",
    "MESOS_EXECUTOR_AUTHENTICATION_TOKEN": "secret",
}


def test_reads_what_agents_set() -> None:
    """Every variable of mesos-v1-api 3.4 that concerns an executor, durations in seconds."""
    expected = ExecutorEnvironment(
        framework_id=FrameworkId("F"),
        executor_id=ExecutorId("E"),
        agent_id=AgentId("S0"),
        host="10.0.0.1",
        port=5051,
        sandbox="/sandbox",
        token="secret",
        is_checkpointing=True,
        recovery_timeout=900.0,
        subscription_backoff_max=2.0,
        shutdown_grace=0.5,
    )

    assert expected == read_environment(GIVEN)


def test_without_a_checkpoint_nothing_is_said_of_recovery() -> None:
    """An agent sets the two times only where the framework checkpoints."""
    given = {name: text for name, text in GIVEN.items() if "RECOVERY" not in name and "BACKOFF" not in name}

    assert not read_environment({**given, "MESOS_CHECKPOINT": "0"}).is_checkpointing


def test_a_domain_socket_does_without_an_address() -> None:
    """Where the agent serves executors on a socket, that is where they go."""
    given = {**GIVEN, "MESOS_DOMAIN_SOCKET": "/run/agent.sock"}
    del given["MESOS_AGENT_ENDPOINT"]

    assert "/run/agent.sock" == read_environment(given).domain_socket


def test_an_address_may_be_ipv6() -> None:
    """Brackets are not part of it."""
    assert "::1" == read_environment({**GIVEN, "MESOS_AGENT_ENDPOINT": "[::1]:5051"}).host


def test_the_token_is_not_shown() -> None:
    """Not in a log, not in a traceback."""
    assert "secret" not in repr(read_environment(GIVEN))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MESOS_FRAMEWORK_ID", ""),
        ("MESOS_EXECUTOR_ID", ""),
        ("MESOS_AGENT_ENDPOINT", "nowhere"),
        ("MESOS_AGENT_ENDPOINT", "host:99999"),
        ("MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", "soon"),
        ("MESOS_RECOVERY_TIMEOUT", "15"),
    ],
)
def test_names_the_variable_that_is_wrong(name: str, text: str) -> None:
    """A person who starts an executor by hand reads what is missing."""
    with pytest.raises(EnvironmentProblem) as caught:
        read_environment({**GIVEN, name: text})
    assert name == caught.value.variable
