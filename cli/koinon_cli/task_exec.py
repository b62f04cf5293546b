"""``koinon task exec``: a command within a running task, with this terminal around it (mesos-operator-api 1.4)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import click

from .completion import TASK
from .container_session import ContainerSession, SessionCall
from .errors import NotFound, UsageFault
from .settings import Settings
from .task_place import TaskPlace, find_container, find_task
from .terminal import LocalTerminal, window_size

_OVER = ("TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR", "TASK_LOST", "TASK_GONE", "TASK_DROPPED")


@click.command("exec", context_settings={"allow_interspersed_args": False})
@click.option("-i", "--interactive", is_flag=True, help="Hand it what comes on stdin.")
@click.option("-t", "--tty", is_flag=True, help="Give it a terminal: this one.")
@click.option("-u", "--user", help="Run it as this user instead of the task's.")
@TASK
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="COMMAND...")
@click.pass_obj
def exec_in_task(
    settings: Settings,
    interactive: bool,
    tty: bool,
    user: str | None,
    task_id: str,
    command: Sequence[str],
) -> int:
    """Run a command within a running task.

    Its exit code is that of the command. Options after TASK are the command's own. When this ends, the command does.

    \b
    koinon task exec -it web.1 sh
    koinon task exec web.1 cat /etc/hostname
    """
    words = command[1:] if command[:1] == ("--",) else command
    if not words:
        raise click.UsageError("Missing argument 'COMMAND...'.")
    if tty and not sys.stdin.isatty():
        raise UsageFault("-t needs a terminal, and stdin is none; -i alone hands over what comes")
    place = find_task(settings, task_id)
    if place.state in _OVER:
        raise NotFound(f"task {task_id!r} does not run any more: {place.state}")
    call = SessionCall(
        url=f"{place.agent}/api/v1",
        launch=_make_launch(place, words, user, tty=tty),
        credential=settings.credential,
    )
    with LocalTerminal(is_raw=tty) as terminal:
        session = ContainerSession(call, terminal, is_interactive=interactive, is_terminal=tty)
        return settings.api.run(session.run)


def _make_launch(place: TaskPlace, words: Sequence[str], user: str | None, *, tty: bool) -> dict[str, Any]:
    command: dict[str, Any] = {"shell": False, "value": words[0], "arguments": list(words)}
    if user is not None:
        command["user"] = user
    launch = {"container_id": {"value": str(uuid4()), "parent": find_container(place)}, "command": command}
    if tty:
        rows, columns = window_size()
        window = {"rows": rows, "columns": columns}
        launch["container"] = {"type": "MESOS", "tty_info": {"window_size": window}}
    return launch
