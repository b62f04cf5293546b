"""The agent's flags."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from koinon_agent.config import AgentConfig
from koinon_agent.containerizer.cgroups.options import CgroupOptions
from koinon_agent.containerizer.process.flags import cgroup_options
from koinon_core.attributes import Attribute
from koinon_core.scalars import Scalar
from koinon_daemon.credentials import Credential, Credentials
from koinon_daemon.errors import UsageError
from koinon_daemon.flag_values import HostPort
from koinon_daemon.flags import flag_texts, parse_flags
from koinon_zk import QuorumUrl

NEEDED = ["--master=10.0.0.1:5050", "--work_dir=/w"]


def parse(*flags: str, **environ: str) -> AgentConfig:
    """A config from a command line and an environment."""
    return parse_flags(AgentConfig, [*NEEDED, *flags], environ)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("m:5050", HostPort("m", 5050)),
        ("zk://a:2181,b/mesos", QuorumUrl(scheme="zk", path="/mesos", hosts=("a:2181", "b:2181"))),
    ],
)
def test_master_is_an_address_or_a_quorum(text: str, expected: HostPort | QuorumUrl) -> None:
    """Both spellings of --master."""
    config = parse_flags(AgentConfig, [f"--master={text}", "--work_dir=/w"], {})

    assert expected == config.master


def test_names_and_environment_are_those_of_mesos() -> None:
    """Old unit files keep working."""
    config = parse("--attributes=rack:r1; level:2", MESOS_RESOURCES="cpus:4;cpus(web):2", MESOS_PORT="6000")

    assert (Attribute("rack", "r1"), Attribute("level", Scalar.of(2))) == config.attributes
    assert "cpus:4; cpus(web):2" == str(config.given_resources())
    assert 6000 == config.port


def test_others_are_told_of_the_port_that_leads_here() -> None:
    """Behind a mapped port, that is the operator's to say."""
    port = 40123

    assert (port, 80) == (parse().reached_port(port), parse(MESOS_ADVERTISE_PORT="80").reached_port(port))


def test_resources_may_be_json() -> None:
    """As the API writes them."""
    config = parse('--resources=[{"name":"cpus","type":"SCALAR","scalar":{"value":3}}]')

    assert "cpus:3" == str(config.given_resources())


def test_default_role_takes_what_names_none() -> None:
    """Only resources without a role get it."""
    config = parse("--resources=cpus:1;mem(b):5", "--default_role=a")

    assert "cpus(a):1; mem(b):5" == str(config.given_resources())


def test_containerizers_keep_their_order_and_mesos_means_process() -> None:
    """Each is named once."""
    assert ("docker", "process") == parse("--containerizers=docker,mesos,process").containerizers


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("--master=nowhere", "host:port"),
        ("--containerizers=rkt", "docker, process, mesos"),
        ("--resources=cpus:x", "cpus:x"),
        ("--resources=[{}]", "$"),
        ("--attributes=rack", "rack:r1"),
        ("--executor_environment_variables=[1]", "object"),
        ("--default_role=a b", "whitespace"),
        ("--logging_level=LOUD", "LOUD"),
        ("--gc_delay=5", "duration"),
    ],
)
def test_bad_value_is_refused_and_its_flag_named(flag: str, words: str) -> None:
    """The error says which flag and what it wants."""
    name = flag.partition("=")[0]
    needed = [one for one in NEEDED if not one.startswith(f"{name}=")]

    with pytest.raises(UsageError) as caught:
        parse_flags(AgentConfig, [*needed, flag], {})
    assert name in str(caught.value)
    assert words in str(caught.value)


def test_harmless_flags_of_old_unit_files_are_taken() -> None:
    """Whether Mesos looked names up has no meaning here; where it logged has."""
    old = ["--log_dir=/var/log/mesos", "--no-hostname_lookup", "--quiet", "--no-authenticate_http_readonly"]

    config = parse_flags(AgentConfig, [*NEEDED, *old], {})

    assert (True, Path("/var/log/mesos"), False) == (config.quiet, config.log_dir, config.hostname_lookup)


@pytest.mark.parametrize(
    ("flag", "problem"),
    [
        ("--authenticate_http_executors", "--authenticate_http_executors needs --jwt_secret_key"),
        ("--jwt_secret_key=hush", "--jwt_secret_key: it is neither JSON nor the path of a file"),
        ('--acls={"run_task": []}', "$.run_task is no action"),
        ("--authorizer=mine", "--authorizer: 'mine' is not supported, only local is"),
        ("--authenticate_http_readonly", "--authenticate_http_readonly needs --http_credentials"),
        ("--authenticate_http_readwrite", "--authenticate_http_readwrite needs --http_credentials"),
        ("--http_authenticators=oauth", "'oauth' is not supported, only basic is"),
        ("--credential=agents hush", "--credential: it is neither JSON nor the path of a file"),
        ("--http_credentials=ops hush", "--http_credentials: it is neither JSON nor the path of a file"),
    ],
)
def test_security_that_would_not_hold_is_refused(flag: str, problem: str) -> None:
    """Whoever asks for it does not get an open daemon instead; no refusal repeats a secret."""
    with pytest.raises(UsageError) as caught:
        parse(flag)

    assert problem in str(caught.value)
    assert "hush" not in str(caught.value)


def test_secrets_come_from_files_and_are_not_shown(tmp_path: Path) -> None:
    """What the agent is to its master, and who its own readers may be, by Mesos's flags."""
    (tmp_path / "own").write_text("agents hush\n")
    (tmp_path / "readers").write_text('{"credentials": [{"principal": "ops", "secret": "hush"}]}')
    (tmp_path / "key").write_text("hush\n")
    flags = [
        f"--credential={tmp_path}/own",
        f"--http_credentials=file://{tmp_path}/readers",
        f"--jwt_secret_key={tmp_path}/key",
    ]

    config = parse_flags(AgentConfig, [*NEEDED, *flags], {}, read_file=lambda path: Path(path).read_text())

    assert Credential("agents", "hush") == config.credential
    assert Credentials((Credential("ops", "hush"),)) == config.http_credentials
    assert "hush" == config.executor_terms().secret
    assert "***" == flag_texts(config)["jwt_secret_key"]
    assert "hush" not in f"{flag_texts(config)} {config!r}"


@pytest.mark.parametrize("flag", ["--launcher_dir=/x", "--qos_controller=noop", "--no-systemd_enable_support"])
def test_flags_without_meaning_here_are_taken(flag: str) -> None:
    """A unit file of a Mesos agent works as it is."""
    assert "/w" == str(parse(flag).work_dir)


@pytest.mark.parametrize(
    ("flag", "problem"),
    [
        ("--modules={}", "--modules is not supported: Modules of C++ are not loaded"),
        ("--network_cni_config_dir=/etc/cni", "CNI plugins are not run"),
        ("--resource_estimator=fixed", "Nothing is oversubscribed"),
    ],
)
def test_flags_that_promise_what_is_not_done_are_refused(flag: str, problem: str) -> None:
    """By name, with what would not be done."""
    with pytest.raises(UsageError, match=re.escape(problem)):
        parse(flag)


def test_isolation_is_asked_for_by_mesos_names() -> None:
    """By default cpus and memory are what was asked for; Mesos's own default, which limits nothing, has its name."""
    plain = cgroup_options(parse(), is_cpu_limited=False)
    asked = parse("--isolation=cgroups/cpu,cgroups/mem", "--cgroups_root=/a/b/", "--launcher=posix")
    options = cgroup_options(asked, is_cpu_limited=True)

    assert CgroupOptions(pids_limit=4096, controllers=frozenset({"cpu", "memory"})) == plain
    assert "cgroups/cpu,cgroups/mem" == flag_texts(parse())["isolation"]
    assert frozenset() == parse("--isolation=posix/cpu,posix/mem").isolation.controllers
    assert ("a/b", False, True) == (options.root, options.is_contained, options.is_cpu_limited)
    assert {"cpu", "memory"} == options.controllers


@pytest.mark.parametrize(
    ("flag", "problem"),
    [
        ("--isolation=filesystem/linux", "filesystem/linux cannot be given to plain processes"),
        ("--launcher=other", "'other' is none of linux, posix"),
        ("--cgroups_root=../x", "must name a group beneath the root"),
        ("--cgroups_root=/", "must name a group beneath the root"),
        ("--cgroups_pids_limit=1", "must be 0, for no limit, or at least 2"),
    ],
)
def test_isolation_that_is_not_there_is_refused(flag: str, problem: str) -> None:
    """At the start, and not when somebody relies on it."""
    with pytest.raises(UsageError, match=re.escape(problem)):
        parse(flag)
