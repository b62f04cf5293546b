"""Marathon's flags: names, units and refusals (marathon-semantics 27)."""

from pathlib import Path

import pytest

from koinon_daemon.credentials import Credential
from koinon_daemon.errors import UsageError
from koinon_daemon.flag_help import help_text
from koinon_daemon.flags import flag_texts, parse_flags
from koinon_marathon.config import PROGRAM, MarathonConfig
from koinon_marathon.options import Options

REQUIRED = ("--master=127.0.0.1:5050", "--zk=sqlite:///tmp/state?path=/marathon")


def parse(*argv: str, **environ: str) -> MarathonConfig:
    """Parse with the required flags given."""
    return parse_flags(MarathonConfig, [*REQUIRED, *argv], environ, "MARATHON_")


def problems_of(*argv: str) -> str:
    """What parsing complains of."""
    with pytest.raises(UsageError) as caught:
        parse_flags(MarathonConfig, argv, {}, "MARATHON_")
    return str(caught.value)


def test_defaults_are_the_rules_own() -> None:
    """A Marathon without further flags runs by the defaults that its rules are written with."""
    assert Options() == parse().options()


def test_master_and_zk_must_be_given() -> None:
    """Both are named when they are missing, with their variables."""
    told = problems_of()

    assert "--master is required (or the environment variable MARATHON_MASTER)" in told
    assert "--zk is required (or the environment variable MARATHON_ZK)" in told


def test_times_are_milliseconds_as_in_marathon() -> None:
    """What unit files say today means the same here; rules read seconds."""
    options = parse("--task_launch_timeout=1500", "--decline_offer_duration", "5000").options()

    assert (1.5, 5.0) == (options.task_launch_timeout, options.decline_offer_duration)
    assert 604800.0 == parse().failover_timeout


def test_one_name_of_the_bridge_for_all() -> None:
    """`--mesos_bridge_name` reaches both what reads definitions and what builds tasks."""
    config = parse("--mesos_bridge_name=br0")

    assert ("br0", "br0") == (config.settings().bridge_name, config.options().mesos_bridge_name)


def test_the_default_executor_reaches_what_builds_tasks() -> None:
    """`--executor` is the path of a program, or `//cmd`."""
    assert ("//cmd", "/opt/run") == (parse().options().executor, parse("--executor=/opt/run").options().executor)


def test_environment_is_read() -> None:
    """`MARATHON_HTTP_PORT` is `--http_port`."""
    assert 9090 == parse(MARATHON_HTTP_PORT="9090").http_port


def test_toggles_can_be_disabled() -> None:
    """Marathon's way to say no."""
    assert not parse("--disable_checkpoint").checkpoint


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ((*REQUIRED, "--http_prot=1"), "did you mean --http_port"),
        (("--master=127.0.0.1:5050", "--zk=localhost:2181"), "--zk: 'localhost:2181' is not a quorum URL"),
        (("--master=::", REQUIRED[1]), "--master: master address"),
        ((*REQUIRED, "--local_port_min=2", "--local_port_max=1"), "--local_port_min: 2 is above"),
        ((*REQUIRED, "--task_launch_timeout=0"), "--task_launch_timeout must be more than 0"),
        (
            (*REQUIRED, "--max_concurrent_marathon_health_checks=0"),
            "--max_concurrent_marathon_health_checks must be more than 0",
        ),
        ((*REQUIRED, "--decline_offer_duration=-1"), "--decline_offer_duration must not be negative"),
        ((*REQUIRED, "--enable_features=warp"), "--enable_features: 'warp' is not one of"),
        ((*REQUIRED, "--gpu_scheduling_behavior=free"), "--gpu_scheduling_behavior: 'free' is not one of"),
        ((*REQUIRED, "--logging_level=LOUD"), "--logging_level: 'LOUD' is not one of"),
    ],
)
def test_bad_flags_are_named(argv: tuple[str, ...], told: str) -> None:
    """Every refusal names the flag and what would do."""
    assert told in problems_of(*argv)


def test_passwords_are_not_shown() -> None:
    """What `/v2/info` tells of addresses leaves the password out."""
    config = parse_flags(MarathonConfig, ["--master=zk://u:secret@h/m", "--zk=zk://u:secret@h/marathon"], {})

    assert "secret" not in config.shown_master() + str(config.zk)


@pytest.mark.parametrize(
    ("argv", "host"),
    [((), "127.0.0.1"), (("--http_address=0.0.0.0",), "box"), (("--hostname=web.example",), "web.example")],
)
def test_the_name_that_others_are_told(argv: tuple[str, ...], host: str) -> None:
    """The machine's name, unless one is given or nobody would reach us by it."""
    assert host == parse(*argv).advertised_host("box")


def test_flags_of_real_unit_files_are_taken() -> None:
    """What has no effect here is no reason not to start, whichever way it is given."""
    config = parse("--zk_timeout=5000", "--ha", "--disable_zk_compression", MARATHON_TASK_RESERVATION_TIMEOUT="30000")

    assert (5000, True, False, 30000) == (
        config.zk_timeout,
        config.ha,
        config.zk_compression,
        config.task_reservation_timeout,
    )


@pytest.mark.parametrize(
    ("flag", "why"),
    [
        ("--http_credentials=me", "--http_credentials: it must be user:password"),
        ("--disable_http", "--disable_http: nothing would be served; HTTPS needs --ssl_keystore_path"),
        ("--ssl_keystore_password=secret", "--ssl_keystore_password: there is no --ssl_keystore_path"),
        ('--http_realm=a"b', "--http_realm must not hold quotes"),
        ("--http_max_concurrent_requests=0", "--http_max_concurrent_requests must be more than 0"),
        ("--plugin_conf={", "--plugin_conf: it is no JSON: line 1"),
        ("--backup_location=s3://bucket/it", "--backup_location: s3:// is not supported: write a file://"),
        ("--backup_location=file:relative.tar", "names no file by its absolute path"),
        ("--metrics_statsd", "--metrics_statsd_host is needed"),
        ("--metrics_name_prefix=1 x", "--metrics_name_prefix: '1 x' can't begin the names of metrics"),
        ("--metrics_datadog", "--metrics_datadog is not supported"),
        ("--metrics_datadog_api_key=secret", "--metrics_datadog_api_key is not supported"),
        ("--internal_store_backend=mem", "--internal_store_backend is not supported"),
        ("--sentry=https://secret@sentry", "--sentry is not supported"),
    ],
)
def test_guards_that_would_not_stand_are_refused(flag: str, why: str) -> None:
    """To take half of them would leave a cluster open that its owner thinks closed."""
    told = problems_of(*REQUIRED, flag)

    assert why in told
    assert "secret" not in told


def test_guards_are_taken(tmp_path: Path) -> None:
    """Credentials, keystore, origins and plugins, and none of their secrets in what the flags show."""
    config = parse(
        "--http_credentials=me:hush:hush",
        f"--ssl_keystore_path=file://{tmp_path}/keys.p12",
        "--ssl_keystore_password=hush",
        "--access_control_allow_origin=https://a.example,https://b.example",
        "--disable_http",
        '--plugin_conf={"plugins": {"v": {"plugin": "validation.RunSpecValidator", "implementation": "x", '
        '"configuration": {"key": "hush"}}}}',
        "--backup_location=file:///var/backups/marathon.tar",
        "--http_address=0.0.0.0",
    )
    http, https = config.listens()

    assert Credential("me", "hush:hush") == config.http_credentials
    assert (None, "https") == (http, config.scheme)
    assert https is not None
    assert (8443, True) == (https.port, https.is_authenticated)
    assert Path("/var/backups/marathon.tar") == config.backup_location
    assert ["v"] == [entry.id for entry in config.plugins.entries]
    assert "hush" not in str(flag_texts(config)) + repr(config)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ((), None),
        (("--mesos_authentication_principal=m",), None),
        (("--mesos_authentication", "--mesos_authentication_principal=m"), Credential("m", "")),
        (("--mesos_authentication_principal=m", "--mesos_authentication_secret=hush"), Credential("m", "hush")),
    ],
)
def test_credential_for_the_master(argv: tuple[str, ...], expected: Credential | None) -> None:
    """A secret, or the switch, has the principal proved; a principal alone is only said."""
    assert expected == parse(*argv).credential()


def test_secret_of_a_file_is_used_and_not_shown(tmp_path: Path) -> None:
    """The line's end in the file is no part of it; what the flags show is neither."""
    file = tmp_path / "secret"
    file.write_text("hush\n")
    argv = [*REQUIRED, "--mesos_authentication_principal=m", f"--mesos_authentication_secret_file={file}"]

    config = parse_flags(MarathonConfig, argv, {}, "MARATHON_", lambda path: Path(path).read_text())

    assert Credential("m", "hush") == config.credential()
    assert "hush" not in str(flag_texts(config))


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        (("--mesos_authentication",), "--mesos_authentication_principal is needed"),
        (("--mesos_authentication_secret=hush",), "--mesos_authentication_principal is needed"),
        (("--mesos_authentication_secret_file=hush",), "neither JSON nor the path of a file"),
    ],
)
def test_half_a_credential_is_refused(argv: tuple[str, ...], problem: str) -> None:
    """And the refusal repeats no secret."""
    told = problems_of(*REQUIRED, *argv)

    assert problem in told
    assert "hush" not in told


def test_help_says_which_flags_have_no_effect() -> None:
    """They come last, in groups of their own."""
    text = help_text(MarathonConfig, PROGRAM)

    assert text.startswith("Usage: koinon-marathon")
    assert text.index("--master=") < text.index("without effect:") < text.index("Refused when set:")
