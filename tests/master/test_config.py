"""The flags of a master."""

from __future__ import annotations

from pathlib import Path

import pytest

from koinon_core.permissions import Acls
from koinon_daemon.credentials import Credential, Credentials
from koinon_daemon.errors import UsageError
from koinon_daemon.flags import flag_texts, parse_flags
from koinon_master.agents.removal_limits import RemovalRate, parse_removal_rate
from koinon_master.config import AUTHENTICATION_FLAGS, MasterConfig


def test_mesos_flags_mean_what_they_meant() -> None:
    """Names, units, old spellings and the environment."""
    config = parse_flags(
        MasterConfig,
        ["--registry=in_memory", "--slave_ping_timeout=2secs", "--max-agent-ping-timeouts", "3"],
        {"MESOS_OFFER_TIMEOUT": "5mins", "MESOS_MIN_ALLOCATABLE_RESOURCES": "cpus:1;mem:64|disk:1"},
    )

    assert (6.0, 300.0) == (config.agent_timeout, config.offer_timeout)
    assert "cpus:1;mem:64|disk:1" == flag_texts(config)["min_allocatable_resources"]


def test_limits_of_removal_are_read_and_shown_as_mesos_writes_them() -> None:
    """A count in a time, a percentage; the old spelling is taken, too."""
    config = parse_flags(
        MasterConfig,
        ["--registry=in_memory", "--slave_removal_rate_limit=2/10mins", "--recovery_agent_removal_limit=25%"],
        {"MESOS_REGISTRY_MAX_AGENT_AGE": "1weeks"},
    )
    shown = flag_texts(config)

    assert config.agent_removal_rate_limit == RemovalRate(2, 600.0)
    assert 604800.0 == config.registry_max_agent_age
    assert "25%" == shown["recovery_agent_removal_limit"]
    assert parse_removal_rate(shown["agent_removal_rate_limit"]) == config.agent_removal_rate_limit


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
        (["--registry=in_memory", "--agent_ping_timeout=500ms"], "--agent_ping_timeout must be from 1secs to 900secs"),
        (["--registry=in_memory", "--agent_ping_timeout=16mins"], "--agent_ping_timeout must be from 1secs to 900secs"),
        (["--registry=in_memory", "--max_agent_ping_timeouts=0"], "--max_agent_ping_timeouts must be more than 0"),
        (["--registry=in_memory", "--agent_removal_rate_limit=often"], "'often' is not like 1/20mins"),
        (["--registry=in_memory", "--recovery_agent_removal_limit=half"], "'half' is not a percentage"),
        (["--registry=in_memory", "--registry_store_timeout=0secs"], "--registry_store_timeout must be more than 0"),
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


CREDENTIALS = '--credentials={"credentials":[{"principal":"ops","secret":"sesame"}]}'
REQUIRED = "--registry=in_memory"


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        *(
            ([f"--{name}"], f"--{name} needs --credentials")
            for name in AUTHENTICATION_FLAGS
            if name != "authenticate_http_frameworks"
        ),
        ([CREDENTIALS, "--authenticate_http_frameworks"], "needs --http_framework_authenticators=basic"),
        (["--http_authenticators=oauth"], "--http_authenticators: 'oauth' is not supported, only basic is"),
        (["--http_framework_authenticators=oauth"], "--http_framework_authenticators: 'oauth' is not supported"),
        (["--authenticators=kerberos"], "--authenticators: 'kerberos' is not supported, only crammd5 is"),
        (["--authorizers=mine"], "--authorizers: 'mine' is not supported, only local is"),
        (['--acls={"run_task": []}'], r"--acls: \$.run_task is no action"),
        (["--credentials=ops sesame"], "--credentials: it is neither JSON nor the path of a file"),
        (["--credentials=/no/such/file"], "--credentials: .*No such file"),
    ],
)
def test_security_that_would_not_hold_is_refused(argv: list[str], problem: str) -> None:
    """A master never starts more open than its owner thinks; no refusal repeats a secret."""
    with pytest.raises(UsageError, match=problem) as caught:
        parse_flags(MasterConfig, [REQUIRED, *argv], {}, read_file=lambda path: Path(path).read_text())

    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("form", ["{path}", "file://{path}"])
def test_credentials_and_acls_may_be_files(tmp_path: Path, form: str) -> None:
    """By path, as old unit files have it, or by URL; in the older lines, or in JSON."""
    secrets, acls = tmp_path / "credentials", tmp_path / "acls"
    secrets.write_text("ops sesame\n")
    acls.write_text('{"permissive": false}')
    argv = [f"--credentials={form.format(path=secrets)}", f"--acls={form.format(path=acls)}", "--authenticate_slaves"]

    config = parse_flags(MasterConfig, [REQUIRED, *argv], {}, read_file=lambda path: Path(path).read_text())

    assert Credentials((Credential("ops", "sesame"),)) == config.credentials
    assert Acls(is_permissive=False) == config.acls
    assert config.authenticate_agents


def test_secrets_are_not_shown_and_acls_are() -> None:
    """In ``/flags``, ``/state`` and whatever prints the configuration."""
    config = parse_flags(MasterConfig, [REQUIRED, CREDENTIALS, '--acls={"permissive": false}'], {})
    texts = flag_texts(config)

    assert ("***", '{"permissive":false}') == (texts["credentials"], texts["acls"])
    assert "sesame" not in f"{texts} {config!r}"


def test_open_doors_are_named() -> None:
    """Each by the flag that closes it; the older flag of frameworks closes theirs, too."""
    half = [CREDENTIALS, "--authenticate_http_readwrite", "--authenticate_frameworks"]
    config = parse_flags(MasterConfig, [REQUIRED, *half], {})

    assert ("--authenticate_http_readonly", "--authenticate_agents") == config.open_doors
