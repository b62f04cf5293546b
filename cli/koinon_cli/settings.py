"""What every command knows: where to call, how to speak. Made once by ``__main__``, handed on by click."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click
import orjson
from attrs import frozen
from rich.console import Console
from rich.table import Table

from .http_api import Answer, BlockingApi, Request

CommandT = TypeVar("CommandT", bound=Callable[..., Any])
_NO_EDGE = 10_000
json_option = click.option("--json", "as_json", is_flag=True, help="Print the server's JSON.")


@frozen(kw_only=True)
class Settings:
    """The global options, and the open connection."""

    marathon: str
    master: str
    api: BlockingApi
    console: Console
    """For people; on stdout."""
    progress: Console
    """For what is under way; on stderr, so that stdout can be piped."""

    def ask_marathon(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        """Call ``/v2...``. Raises CliError."""
        return self.api.call(Request(method=method, url=self.marathon + path, query=query, body=body))

    def ask_master(self, path: str, **query: str) -> Any:
        """Read a master's document. Raises CliError."""
        return self.api.call(Request(method="GET", url=self.master + path, query=query)).document

    def show_table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print rows beneath headings, whole where stdout is no terminal."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for number, heading in enumerate(headings):
            # The first is the id, which people copy.
            table.add_column(heading, overflow="fold", no_wrap=number == 0)
        for row in rows:
            table.add_row(*row)
        self.console.print(table, markup=False, highlight=False)

    def say(self, text: str) -> None:
        """Print a line as it is."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """Print what is under way, on stderr."""
        self.progress.print(text, markup=False, highlight=False, soft_wrap=True)


def make_console() -> Console:
    """Stdout: as wide as the terminal, and without an edge where it goes to a file or a pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=_NO_EDGE)


def show_json(document: Any) -> None:
    """Print a document, indented."""
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()
