"""``koinon-framework NAME --master ADDRESS [--option value ...]``: run an installed framework until it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from koinon_core import __version__
from koinon_daemon.errors import ExitCode
from koinon_daemon.logs import configure_logs
from koinon_daemon.run import read_text_file, run_daemon
from koinon_daemon.supervision import Stop, Supervisor

from .driver import DriverOptions, SchedulerDriver
from .driver.session_machine import EndKind
from .errors import (
    FrameworksError,
    MasterAddressError,
    OptionError,
    PluginError,
    SubscriptionEnded,
    UnknownPluginError,
)
from .host.plugins import Framework, Invocation, known_frameworks, load_framework, parse_invocation, with_framework_id

_USAGE = """usage: koinon-framework NAME --master ADDRESS [--framework-id ID] [--credential FILE] [--option value ...]

Runs an installed framework. ADDRESS: host:port, an http URL, several with commas, zk://, sqlite:// or file://.
--framework-id takes over from a framework that ran before. --credential names a file of principal and secret, for
masters that ask. Other options are the framework's own.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0 when the framework ended by itself, 1 when the master or an error ended it, 2 for wrong usage."""
    words = sys.argv[1:] if argv is None else argv
    if not words or words[0] in ("-h", "--help"):
        sys.stdout.write(f"{_USAGE}\nInstalled: {', '.join(known_frameworks()) or 'none'}\n")
        return ExitCode.CLEAN if words else ExitCode.USAGE
    if words[0] == "--version":
        sys.stdout.write(f"koinon-framework {__version__}\n")
        return ExitCode.CLEAN
    try:
        invocation = parse_invocation(words, os.environ, read_text_file)
        framework = load_framework(invocation)
        driver = make_driver(invocation, framework)
    except (OptionError, UnknownPluginError, MasterAddressError) as error:
        return _complain(error, ExitCode.USAGE)
    except PluginError as error:
        return _complain(error, ExitCode.PLUGIN_FAILED)
    configure_logs(invocation.name)
    return run_daemon(lambda stop: run_driver(driver, stop), invocation.name)


def make_driver(invocation: Invocation, framework: Framework) -> SchedulerDriver:
    """The driver of that framework. Raises MasterAddressError."""
    info = with_framework_id(framework.framework_info, invocation.framework_id)
    return SchedulerDriver(
        framework.scheduler, info, invocation.master, DriverOptions(credential=invocation.credential)
    )


async def run_driver(driver: SchedulerDriver, stop: Stop) -> None:
    """Run until the framework or a signal ends it. Raises SubscriptionEnded when the master did."""

    async def relay_stop() -> None:
        await stop.wait()
        await driver.stop()

    async with Supervisor(stop) as tasks:
        tasks.start("relay_stop", relay_stop())
        ending = await driver.run()
    if ending.kind is not EndKind.STOPPED:
        raise SubscriptionEnded(ending.kind.value, ending.message)


def _complain(error: FrameworksError, code: ExitCode) -> int:
    sys.stderr.write(f"koinon-framework: {error}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
