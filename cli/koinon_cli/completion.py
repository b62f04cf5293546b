"""Completion of what is typed: nouns and verbs by click, ids by asking whoever is there, briefly and in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click
from attrs import evolve
from click.shell_completion import get_completion_class

from .errors import CliError
from .http_api import BlockingApi
from .settings import Settings, json_option, make_settings, show_json

COMPLETE_VARIABLE = "_KOINON_COMPLETE"
PATIENCE_SECONDS = 1.0
"""Whoever presses the tab key waits for it."""
Complete = Callable[[click.Context, click.Parameter, str], list[str]]
Names = Callable[[Settings], Iterable[str]]


@click.command(
    epilog='bash: eval "$(koinon completion bash)" in ~/.bashrc; zsh: the same with zsh in ~/.zshrc; '
    "fish: koinon completion fish | source in ~/.config/fish/config.fish."
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@json_option
def completion(shell: str, as_json: bool) -> None:
    """Print what makes a shell complete words and ids."""
    kind = get_completion_class(shell)
    if kind is None:
        raise CliError(f"nothing is known of {shell}")
    script = kind(click.get_current_context().find_root().command, {}, "koinon", COMPLETE_VARIABLE).source()
    if as_json:
        show_json({"shell": shell, "script": script})
    else:
        click.echo(script)


def completing(names: Names, slash: str = "") -> Complete:
    """Complete with the names that begin as what is typed does; ids also where the ``slash`` before them is left out.

    Whatever stands in the way makes no names: a shell that waits for a word is no place for complaints.
    """

    def complete(context: click.Context, _: click.Parameter, typed: str) -> list[str]:
        try:
            with BlockingApi() as api:
                # The root has read its options by now, but runs no command, so it made no settings of them.
                settings = evolve(make_settings(api, context.find_root().params), deadline=PATIENCE_SECONDS)
                found = sorted(names(settings))
        except (CliError, KeyError, TypeError, OSError):
            return []
        is_bare = bool(slash) and not typed.startswith(slash)
        return [name for each in found if (name := each.removeprefix(slash) if is_bare else each).startswith(typed)]

    return complete


def _app_ids(settings: Settings) -> list[str]:
    return [each["id"] for each in settings.ask_marathon("GET", "/v2/apps").document["apps"]]


def _pod_ids(settings: Settings) -> list[str]:
    return [each["id"] for each in settings.ask_marathon("GET", "/v2/pods").document]


def _group_ids(settings: Settings) -> list[str]:
    document = settings.ask_marathon("GET", "/v2/groups", embed="group.groups").document
    return [each["id"] for each in walk_groups(document)]


def _deployment_ids(settings: Settings) -> list[str]:
    return [each["id"] for each in settings.ask_marathon("GET", "/v2/deployments").document]


def _queued_ids(settings: Settings) -> list[str]:
    items = settings.ask_marathon("GET", "/v2/queue").document["queue"]
    return [(each.get("app") or each["pod"])["id"] for each in items]


def _task_ids(settings: Settings) -> list[str]:
    return [each["id"] for each in settings.ask_marathon("GET", "/v2/tasks").document["tasks"]]


def _agent_names(settings: Settings) -> list[str]:
    return [each["id"] for each in settings.ask_master("/slaves")["slaves"]]


def walk_groups(group: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """The group and all below it, parents first."""
    yield group
    for each in group.get("groups", ()):
        yield from walk_groups(each)


APP = click.argument("app_id", metavar="ID", shell_complete=completing(_app_ids, "/"))
POD = click.argument("pod_id", metavar="ID", shell_complete=completing(_pod_ids, "/"))
GROUP = click.argument("group_id", metavar="ID", shell_complete=completing(_group_ids, "/"))
DEPLOYMENT = click.argument("deployment_id", metavar="ID", shell_complete=completing(_deployment_ids))
QUEUED = click.argument("spec_id", metavar="ID", shell_complete=completing(_queued_ids, "/"))
TASK = click.argument("task_id", metavar="TASK", shell_complete=completing(_task_ids))
AGENT = click.argument("name", metavar="AGENT", shell_complete=completing(_agent_names))
