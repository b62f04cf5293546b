"""A daemon as a real process: exit codes, signals, usage."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import attrs
import pytest

from koinon_daemon.errors import ExitCode, ListenError
from koinon_daemon.flag_help import Program
from koinon_daemon.flags import flag
from koinon_daemon.run import load_config, run_daemon
from koinon_daemon.supervision import Stop

PROGRAM = Program(name="koinon-test", version="1.0", summary="Tests.")
SCRIPT = """
    import asyncio, sys
    from koinon_daemon.run import run_daemon

    async def main(stop):
        print("ready", flush=True)
        print("stopped by", await stop.wait(), flush=True)
        {after}

    sys.exit(run_daemon(main, "test", lambda: print("usr1", flush=True)))
"""


@attrs.frozen(kw_only=True)
class Config:
    """One required flag."""

    cluster: str = flag(help="Its name.")


def test_load_config(tmp_path: Path) -> None:
    """The config comes from argv and environment, `file://` values from real files."""
    (tmp_path / "name").write_text("blue\n")

    assert Config(cluster="blue") == load_config(Config, PROGRAM, [f"--cluster=file://{tmp_path}/name"], {})
    assert Config(cluster="green") == load_config(Config, PROGRAM, [], {"MESOS_CLUSTER": "green"})


def test_usage_errors_exit_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    """Every problem is on stderr behind the program's name."""
    with pytest.raises(SystemExit) as caught:
        load_config(Config, PROGRAM, ["--clutser=x"], {})

    assert ExitCode.USAGE == caught.value.code
    assert [
        "koinon-test: unknown flag --clutser; did you mean --cluster?",
        "koinon-test: --cluster is required (or the environment variable MESOS_CLUSTER)",
        "Try 'koinon-test --help'.",
    ] == capsys.readouterr().err.splitlines()


def test_version_exits_with_zero(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` is printed even when required flags are missing."""
    with pytest.raises(SystemExit) as caught:
        load_config(Config, PROGRAM, ["--version"], {})

    assert ExitCode.CLEAN == caught.value.code
    assert "koinon-test 1.0\n" == capsys.readouterr().out


def test_exit_codes() -> None:
    """Clean is 0, the stop's own code is passed on, a DaemonError gives its code, anything else 1."""

    async def end(_stop: Stop) -> None:
        return

    async def lose(stop: Stop) -> None:
        stop.request("lost", ExitCode.LOST_LEADERSHIP)

    async def fail(_stop: Stop) -> None:
        raise ListenError("127.0.0.1", 5050, "taken")

    async def crash(_stop: Stop) -> None:
        raise ZeroDivisionError

    assert [0, 103, 111, 1] == [run_daemon(main, "test") for main in (end, lose, fail, crash)]


def start(after: str) -> "subprocess.Popen[str]":
    """A daemon process that is ready; `after` is what it does once it is asked to stop."""
    code = textwrap.dedent(SCRIPT).format(after=after)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while process.stdout.readline() != "ready\n":
        assert process.poll() is None
    return process


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_in_order(number: signal.Signals) -> None:
    """SIGTERM and SIGINT request the stop by name, SIGUSR1 calls its handler, and the exit is clean."""
    process = start(after="pass")
    process.send_signal(signal.SIGUSR1)
    assert process.stdout is not None
    assert "usr1\n" == process.stdout.readline()
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)

    assert f"stopped by {number.name}\n" in out
    assert 0 == process.returncode


@pytest.mark.slow
def test_second_signal_cuts_the_stop_short() -> None:
    """A daemon stuck in its stop ends at the second signal, with failure."""
    process = start(after="await asyncio.Event().wait()")
    process.send_signal(signal.SIGTERM)
    assert process.stdout is not None
    assert "stopped by SIGTERM\n" == process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)

    assert 1 == process.returncode
