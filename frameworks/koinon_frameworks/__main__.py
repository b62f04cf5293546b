"""``koinon-framework NAME --master ADDRESS [--option value ...]``: run an installed framework until it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Literal

from koinon_core import __version__
from koinon_daemon.errors import ExitCode, UsageError
from koinon_daemon.flag_help import help_text
from koinon_daemon.logs import configure_logs
from koinon_daemon.run import read_text_file, run_daemon
from koinon_daemon.supervision import Stop

from .errors import UnknownPluginError
from .host.app import CommandWords, HostApp
from .host.command_line import NAME, parse_host_part
from .host.config import PROGRAM, HostConfig
from .host.inspection import inspect
from .host.plugins import check_known, known_frameworks

_PROGRAM = "koinon-framework"


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0 when the framework ended by itself or by a signal, 2 for wrong usage, 102 when it was given up,
    103 when leadership is lost, 110 when the master has removed it.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help"):
        text = help_text(HostConfig, PROGRAM)
        known = ", ".join(known_frameworks()) or "none"
        sys.stdout.write(f"{text}\nInstalled: {known}. Their own flags: {_PROGRAM} NAME --help\n")
        return ExitCode.CLEAN if words else ExitCode.USAGE
    if words[0] == "--version":
        sys.stdout.write(f"{_PROGRAM} {__version__}\n")
        return ExitCode.CLEAN
    return run_named(words[0], words[1:])


def run_named(name: str, words: Sequence[str]) -> int:
    """Run the framework of that name with the words behind it."""
    if name.startswith("-"):
        return _complain(f"the first argument is the framework's name, not {name}")
    try:
        check_known(name)
    except UnknownPluginError as error:
        return _complain(str(error))
    if NAME.match(name) is None:
        return _complain(f"{name!r} can't be part of an address: letters, digits, '.', '_' and '-'")
    try:
        config = parse_host_part(words, os.environ, read_text_file)
    except UsageError as error:
        return inspect(name, words, error)
    if {"-h", "--help"} & set(words):
        return inspect(name, words, None)
    log_format: Literal["console", "json"] = "json" if config.log_format == "json" else "console"
    configure_logs(name, config.logging_level, log_format)

    async def serve(stop: Stop) -> None:
        await HostApp(CommandWords(name, words), config, stop).run()

    return run_daemon(serve, name)


def _complain(problem: str) -> int:
    sys.stderr.write(f"{_PROGRAM}: {problem}\n")
    return ExitCode.USAGE


if __name__ == "__main__":
    sys.exit(main())
