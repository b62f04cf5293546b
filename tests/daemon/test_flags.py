"""Flags: names, precedence, files, and all problems at once."""

from collections.abc import Sequence
from pathlib import Path

import attrs
import pytest

from koinon_daemon.errors import UsageError
from koinon_daemon.flag_values import HostPort, Secret, parse_duration, parse_size
from koinon_daemon.flags import flag, flag_specs, flag_texts, parse_flags, toggle


@attrs.frozen(kw_only=True)
class Config:
    """A config with one flag of each kind."""

    work_dir: Path = flag(help="Where state is kept.")
    port: int = flag(5050, help="The port.")
    agent_ping_timeout: float = flag(15.0, help="Wait.", parse=parse_duration, aliases=("slave_ping_timeout",))
    cache_size: int = flag(2048, help="Cache.", parse=parse_size)
    root_submissions: bool = flag(True, help="Allow root.")
    cluster: str | None = flag(None, help="Its name.")
    master: HostPort | None = flag(None, help="Where it is.")
    containerizers: tuple[str, ...] = flag(("docker", "process"), help="Which.")
    credential: Secret | None = flag(None, help="The secret.")
    ha: bool = toggle(True, help="Elect a leader.")


def parse(*argv: str, **environ: str) -> Config:
    """Parse with the required flag given."""
    return parse_flags(Config, ["--work_dir=/w", *argv], environ)


def problems_of(*argv: str, **environ: str) -> tuple[str, ...]:
    """The problems that parsing finds."""
    with pytest.raises(UsageError) as caught:
        parse_flags(Config, argv, environ)
    return caught.value.problems


def test_defaults() -> None:
    """What is not given has its default, and the required path is a Path."""
    assert Config(work_dir=Path("/w")) == parse()


@pytest.mark.parametrize("argv", [("--agent_ping_timeout=1mins",), ("--agent-ping-timeout", "60secs")])
def test_spellings_of_one_flag(argv: tuple[str, ...]) -> None:
    """`=` or a space, dashes or underscores: all are the same flag."""
    assert 60.0 == parse(*argv).agent_ping_timeout


def test_old_slave_spelling() -> None:
    """An alias sets the flag it stands for, on the command line and in the environment."""
    assert 2.0 == parse("--slave_ping_timeout=2secs").agent_ping_timeout
    assert 3.0 == parse(MESOS_SLAVE_PING_TIMEOUT="3secs").agent_ping_timeout


@pytest.mark.parametrize(
    ("argv", "expected"),
    [("--root_submissions", True), ("--no-root_submissions", False), ("--root-submissions=false", False)],
)
def test_booleans(argv: str, expected: bool) -> None:
    """A boolean is set by its name, unset by `no-`, and may carry a value."""
    assert expected is parse(argv).root_submissions


def test_toggle_is_disabled_as_in_marathon() -> None:
    """`--disable_ha` and MESOS_DISABLE_HA turn a toggle off; a plain boolean has no such spelling."""
    assert parse("--disable_ha").ha is False
    assert parse(MESOS_DISABLE_HA="").ha is False
    assert problems_of("--work_dir=/w", "--disable_root_submissions")


def test_command_line_wins_over_environment() -> None:
    """The environment fills in what the command line leaves out; foreign variables are ignored."""
    config = parse("--port=1", MESOS_PORT="2", MESOS_CLUSTER="c", MESOS_SOMETHING="x")

    assert (1, "c") == (config.port, config.cluster)


def test_prefix() -> None:
    """Each daemon family has its own prefix."""
    assert Path("/m") == parse_flags(Config, [], {"MARATHON_WORK_DIR": "/m"}, "MARATHON_").work_dir


def test_values_by_annotation() -> None:
    """Addresses, lists and secrets are read by the field's type."""
    config = parse("--master=m1:5050", "--containerizers=process, docker,", "--credential=s3cret")

    assert HostPort("m1", 5050) == config.master
    assert ("process", "docker") == config.containerizers
    assert Secret("s3cret") == config.credential
    assert "s3cret" not in repr(config)


def test_file_value() -> None:
    """`file:///path` is replaced by the file's content without its last newline; a Path flag keeps the path."""
    argv = ["--work_dir=file:///w", "--cluster=file:///etc/name"]
    config = parse_flags(Config, argv, {}, read_file={"/etc/name": "blue\n"}.__getitem__)

    assert (Path("/w"), "blue") == (config.work_dir, config.cluster)


def test_unreadable_file_is_a_problem_of_its_flag() -> None:
    """A file that can't be read is reported with the flag that names it."""

    def refuse(path: str) -> str:
        raise FileNotFoundError(2, "No such file or directory", path)

    with pytest.raises(UsageError, match=r"--cluster: .*No such file.*'/gone'"):
        parse_flags(Config, ["--work_dir=/w", "--cluster=file:///gone"], {}, read_file=refuse)


def test_all_problems_at_once() -> None:
    """Every mistake is reported, each with the flag or variable that was written."""
    problems = problems_of("--prot=1", "stray", "--port=x", "--cluster", MESOS_CACHE_SIZE="2XB")

    assert (
        "unknown flag --prot; did you mean --port?",
        "unexpected argument 'stray': flags are written --name=value",
        "--cluster needs a value",
        "--work_dir is required (or the environment variable MESOS_WORK_DIR)",
        "--port: 'x' is not a whole number",
        "MESOS_CACHE_SIZE: '2XB' has the unknown unit 'XB' (known: B, KB, MB, GB, TB)",
    ) == problems


def test_flag_given_twice() -> None:
    """The same flag under two spellings is an error, not a race."""
    assert ("--work-dir is given twice",) == problems_of("--work_dir=/a", "--work-dir=/b")


def test_rules_across_flags() -> None:
    """A config that checks itself refuses with its own sentences."""

    @attrs.frozen(kw_only=True)
    class Checked:
        quorum: int = flag(1, help="Q.")

        def problems(self) -> Sequence[str]:
            return [] if self.quorum > 0 else ["--quorum must be positive"]

    assert Checked() == parse_flags(Checked, [], {})
    with pytest.raises(UsageError, match="--quorum must be positive"):
        parse_flags(Checked, ["--quorum=0"], {})


def test_flag_texts() -> None:
    """Flags are shown as one would write them; secrets are hidden and unset ones left out."""
    texts = flag_texts(parse("--credential=s", "--agent_ping_timeout=10mins"))

    assert {
        "work_dir": "/w",
        "port": "5050",
        "agent_ping_timeout": "10mins",
        "cache_size": "2KB",
        "root_submissions": "true",
        "containerizers": "docker,process",
        "credential": "***",
        "ha": "true",
    } == texts


def test_undeclared_field_is_a_broken_promise() -> None:
    """A config class with a field that is no flag, or of a type nobody can read, raises TypeError."""

    @attrs.frozen(kw_only=True)
    class Undeclared:
        port: int = 5050

    @attrs.frozen(kw_only=True)
    class Unreadable:
        ports: dict[str, int] = flag(help="P.")

    with pytest.raises(TypeError, match="port is not declared"):
        flag_specs(Undeclared)
    with pytest.raises(TypeError, match="ports: no parser"):
        flag_specs(Unreadable)
