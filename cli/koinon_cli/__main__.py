"""``koinon``: the nouns, the global options, and errors into exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from .agent import agent
from .app import app
from .completion import completion
from .deployment import deployment
from .errors import CliError, ExitCode
from .framework import framework
from .group import group
from .http_api import BlockingApi
from .maintenance import maintenance
from .offer import offer
from .pod import pod
from .queue import queue
from .quota import quota
from .role import role
from .settings import make_settings
from .task import task


class Nouns(click.Group):
    """The nouns, and ``up``: imported only when asked for, as that takes longer than most commands take to run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names in order."""
        return sorted([*super().list_commands(ctx), "up"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        if cmd_name == "up":
            from .up.command import up  # noqa: PLC0415 - see above

            return up
        return super().get_command(ctx, cmd_name)


@click.group(cls=Nouns, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--marathon",
    envvar="KOINON_MARATHON",
    default="http://127.0.0.1:8080",
    show_default=True,
    metavar="URL",
    help="Where Marathon is (KOINON_MARATHON).",
)
@click.option(
    "--master",
    envvar="KOINON_MASTER",
    default="http://127.0.0.1:5050",
    show_default=True,
    metavar="URL",
    help="Where a master is (KOINON_MASTER).",
)
@click.option("--principal", envvar="KOINON_PRINCIPAL", metavar="NAME", help="Who you are to masters that ask.")
@click.option("--secret", envvar="KOINON_SECRET", help="What proves it; others see it, unless it is in KOINON_SECRET.")
@click.option(
    "--marathon-credentials",
    envvar="KOINON_MARATHON_CREDENTIALS",
    metavar="USER:PASSWORD",
    help="Who you are to a Marathon that asks; others see it, unless it is in KOINON_MARATHON_CREDENTIALS.",
)
@click.version_option(package_name="koinon")
@click.pass_context
def koinon(context: click.Context, /, **options: str | None) -> None:
    """Run apps on a cluster, look at it, or start one: koinon up.

    Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 conflict, 6 timed out, 7 unreachable.
    """
    context.obj = make_settings(context.with_resource(BlockingApi()), options)


for noun in (
    app,
    group,
    pod,
    deployment,
    queue,
    task,
    agent,
    framework,
    offer,
    role,
    quota,
    maintenance,
    completion,
):
    koinon.add_command(noun)


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code."""
    try:
        code = koinon.main(args=None if argv is None else list(argv), prog_name="koinon", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.USAGE)
    except click.Abort:
        sys.exit(130)
    except CliError as error:
        sys.stderr.write("\n".join([f"koinon: {error}", *(f"  {problem}" for problem in error.problems), ""]))
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Whoever read our output has left. What is still buffered must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.FAILED)
    sys.exit(code if isinstance(code, int) else ExitCode.OK)


if __name__ == "__main__":
    main()
