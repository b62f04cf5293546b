"""What ``koinon --help`` and its kin show."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from koinon_cli.__main__ import koinon


def walk(command: click.Command, words: str = "koinon") -> Iterator[tuple[str, click.Command]]:
    """All commands, each with the words that call it."""
    yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            one = command.get_command(context, name)
            if one is not None:
                yield from walk(one, f"{words} {name}")


COMMANDS = dict(walk(koinon))


@pytest.mark.parametrize("words", COMMANDS)
def test_help_says_all_it_has_to_say(words: str) -> None:
    """In 80 columns, no sentence of a list of commands is cut; each command and option says what it does."""
    command = COMMANDS[words]
    shown = command.get_help(click.Context(command, info_name=words, terminal_width=80, max_content_width=80))
    options = [one for one in command.params if isinstance(one, click.Option)]

    assert "..." not in shown.partition("Commands:")[2]
    assert command.help
    assert [] == [one.name for one in options if not one.help]


def test_every_verb_that_answers_knows_json() -> None:
    """Scripts rely on it; koinon up runs on, what a command within a task says is its own, and logs are text first."""
    verbs = {words: one for words, one in COMMANDS.items() if not isinstance(one, click.Group)}
    without = {words for words, one in verbs.items() if "as_json" not in {option.name for option in one.params}}

    assert {"koinon up", "koinon task exec"} == without
