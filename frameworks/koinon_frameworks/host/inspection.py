"""Asks the inner process about a command line that can't be run as it stands: its help, or all that is wrong."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from koinon_daemon.errors import ExitCode, UsageError

from .command_line import usage_text
from .inner_process import InnerProcess
from .messages import Beat, Failed, Failing, Report, Told

INSPECTION_SECONDS = 30.0


def inspect(name: str, words: Sequence[str], problems: UsageError | None) -> int:
    """Print the help, or every problem, the host's among the plugin's; the exit code.

    ``problems`` are the host's alone, for a plugin that can't be loaded.
    """
    report = asyncio.run(_ask(name, words))
    match report:
        case Told(text):
            sys.stdout.write(text)
            return ExitCode.CLEAN
        case Failed(at=Failing.OPTIONS, why=why):
            sys.stderr.write(why)
            return ExitCode.USAGE
        case Failed(why=why, traceback=traceback):
            sys.stderr.write(f"{traceback}koinon-framework: {why}\n")
        case _:
            sys.stderr.write(f"koinon-framework {name}: the plugin was not loaded in {INSPECTION_SECONDS:g} seconds\n")
    if problems is not None:
        sys.stderr.write(usage_text(problems, name))
        return ExitCode.USAGE
    return ExitCode.PLUGIN_FAILED


def find_fault(name: str, words: Sequence[str]) -> str | None:
    """What is wrong with the plugin or with this command line, every problem on a line; None where it can be run."""
    match asyncio.run(_ask(name, words)):
        case Failed(at=Failing.OPTIONS, why=why):
            return "\n".join(line for line in why.splitlines() if not line.startswith("Try "))
        case Failed(why=why, traceback=traceback):
            return traceback or why
        case None:
            return f"the plugin was not loaded in {INSPECTION_SECONDS:g} seconds"
        case _:
            return None


async def _ask(name: str, words: Sequence[str]) -> Report | None:
    """The first thing that the inner process says."""
    heard: asyncio.Future[Report] = asyncio.get_running_loop().create_future()

    def hear(report: Report) -> None:
        if not heard.done() and not isinstance(report, Beat):
            heard.set_result(report)

    def pass_on(chunk: bytes) -> None:
        sys.stderr.write(chunk.decode(errors="replace"))

    inner = InnerProcess(hear, pass_on)
    try:
        async with asyncio.timeout(INSPECTION_SECONDS):
            await inner.start(name, words)
            await asyncio.wait((heard, asyncio.ensure_future(inner.wait())), return_when=asyncio.FIRST_COMPLETED)
        return heard.result() if heard.done() else None
    except TimeoutError:
        sys.stderr.write(await inner.dump_stack())
        return None
    finally:
        await inner.close()
