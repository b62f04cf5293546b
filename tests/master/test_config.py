"""The flags of a master."""

from __future__ import annotations

from pathlib import Path

import pytest

from koinon_daemon.errors import UsageError
from koinon_daemon.flags import flag_texts, parse_flags
from koinon_master.config import MasterConfig


def test_mesos_flags_mean_what_they_meant() -> None:
    """Names, units, old spellings and the environment."""
    config = parse_flags(
        MasterConfig,
        ["--registry=in_memory", "--slave_ping_timeout=2secs", "--max-agent-ping-timeouts", "3"],
        {"MESOS_OFFER_TIMEOUT": "5mins", "MESOS_MIN_ALLOCATABLE_RESOURCES": "cpus:1;mem:64|disk:1"},
    )

    assert (6.0, 300.0) == (config.agent_timeout, config.offer_timeout)
    assert "cpus:1;mem:64|disk:1" == flag_texts(config)["min_allocatable_resources"]


def test_password_of_the_quorum_is_not_shown() -> None:
    """``/flags`` and ``/state`` show the address without it."""
    config = parse_flags(MasterConfig, ["--zk=zk://user:secret@host:2181/mesos"], {})

    assert "zk://user:***@host:2181/mesos" == flag_texts(config)["zk"]


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        ([], "--work_dir is required"),
        (["--registry=paxos"], "'paxos' is not one of replicated_log, in_memory"),
        (["--zk=http://x"], "--zk: .*must begin with zk://"),
        (["--registry=in_memory", "--ip=nowhere"], "--ip: 'nowhere' is not an IP address"),
        (["--registry=in_memory", "--allocation_interval=0secs"], "--allocation_interval must be more than 0"),
        (["--registry=in_memory", "--min_allocatable_resources=cpus"], "'cpus' is not like cpus:0.01"),
    ],
)
def test_wrong_flags_are_named(argv: list[str], problem: str) -> None:
    """Each problem names its flag."""
    with pytest.raises(UsageError, match=problem):
        parse_flags(MasterConfig, argv, {})


def test_harmless_flags_of_old_unit_files_are_taken() -> None:
    """Whether Mesos looked names up has no meaning here; where it logged has."""
    old = ["--log_dir=/var/log/mesos", "--no-hostname_lookup", "--quiet", "--no-authenticate_http_readonly"]

    config = parse_flags(MasterConfig, [*["--registry=in_memory"], *old], {})

    assert (True, Path("/var/log/mesos"), False) == (config.quiet, config.log_dir, config.hostname_lookup)


def test_authentication_is_refused_by_name() -> None:
    """Whoever asks for it, on the command line or in the environment, does not get an open daemon instead."""
    with pytest.raises(UsageError) as caught:
        parse_flags(
            MasterConfig,
            [*["--registry=in_memory"], "--authenticate_slaves"],
            {"MESOS_CREDENTIALS": "file:///etc/mesos/secret"},
        )

    expected = {
        "MESOS_CREDENTIALS: there is no authentication yet",
        "--authenticate_slaves: there is no authentication yet",
    }
    assert expected == set(caught.value.problems)
