"""What executors find in their environment."""

from __future__ import annotations

from attrs import evolve

from fakes.agent_bench import AGENT_ID, FRAMEWORK_ID, make_framework, make_settings, make_task
from koinon_agent.executors.environment import executor_environment
from koinon_core.resources_text import parse_resources


def test_variables_are_those_of_the_specification() -> None:
    """The names and forms of mesos-v1-api 3.4."""
    task = make_task("t1", resources=parse_resources("cpus:1").allocated_to("web"))

    assert {
        "MESOS_FRAMEWORK_ID": FRAMEWORK_ID,
        "MESOS_EXECUTOR_ID": "t1",
        "MESOS_SLAVE_ID": AGENT_ID,
        "MESOS_SLAVE_PID": "slave(1)@10.0.0.1:5051",
        "MESOS_AGENT_ENDPOINT": "10.0.0.1:5051",
        "MESOS_CHECKPOINT": "0",
        "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD": "5secs",
        "MESOS_HTTP_COMMAND_EXECUTOR": "0",
        "MESOS_ALLOCATION_ROLE": "web",
        "LIBPROCESS_PORT": "0",
    } == executor_environment(make_settings(), AGENT_ID, make_framework(), task)


def test_checkpointing_framework_learns_how_long_to_wait() -> None:
    """Two durations more, as text with unit."""
    framework = evolve(make_framework(), checkpoint=True)
    variables = executor_environment(make_settings(), AGENT_ID, framework, make_task())

    assert ("1", "15mins", "2secs") == (
        variables["MESOS_CHECKPOINT"],
        variables["MESOS_RECOVERY_TIMEOUT"],
        variables["MESOS_SUBSCRIPTION_BACKOFF_MAX"],
    )


def test_operators_variables_come_on_top() -> None:
    """``--executor_environment_variables`` wins over the agent's own."""
    settings = make_settings(executor_environment={"A": "1", "LIBPROCESS_PORT": "9"})
    variables = executor_environment(settings, AGENT_ID, make_framework(), make_task())

    assert ("1", "9") == (variables["A"], variables["LIBPROCESS_PORT"])
