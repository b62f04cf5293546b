"""What every command knows: where to call, how to speak. Made once by ``__main__``, handed on by click."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click
import orjson
from attrs import frozen
from rich.console import Console

from koinon_daemon.credentials import Credential

from .errors import CliError, UsageFault
from .http_api import Answer, BlockingApi, Request, base_url
from .tables import lay_out, lay_out_facts

CommandT = TypeVar("CommandT", bound=Callable[..., Any])
json_option = click.option("--json", "as_json", is_flag=True, help="Print the server's JSON.")
yes_option = click.option("--yes", is_flag=True, help="Don't ask whether to go on.")


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
    credential: Credential | None = None
    """Who the user is to masters."""
    marathon_credential: Credential | None = None
    """Who the user is to Marathon, which knows others."""
    deadline: float = 30.0
    """Seconds that one call may take."""

    def ask_marathon(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        """Call ``/v2...``. Raises CliError."""
        return self.api.call(
            Request(
                method=method,
                url=self.marathon + path,
                query=query,
                body=body,
                credential=self.marathon_credential,
                deadline=self.deadline,
            )
        )

    def ask_master(self, path: str, **query: str) -> Any:
        """Read a master's document. Raises CliError."""
        request = Request(
            method="GET", url=self.master + path, query=query, credential=self.credential, deadline=self.deadline
        )
        return self.api.call(request).document

    def tell_master(self, kind: str, **body: Any) -> Any:
        """Make a call of the operator API; what lies under the answer's key, None for a change. Raises CliError."""
        call = {"type": kind} | ({kind.lower(): body} if body else {})
        request = Request(method="POST", url=f"{self.master}/api/v1", body=call, credential=self.credential)
        document = self.api.call(request).document
        return None if document is None else document.get(kind.lower())

    def show_table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print rows beneath headings; on a terminal too narrow for them, so that nothing is lost, another way."""
        width = self.console.width if self.console.is_terminal else None
        for line, is_heading in lay_out(headings, rows, width):
            self.console.print(
                line, markup=False, highlight=False, soft_wrap=True, style="bold" if is_heading else None
            )

    def show_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Print what is to be known about one thing, a line each."""
        for line in lay_out_facts(facts):
            self.say(line)

    def confirm(self, warning: str, is_sure: bool) -> None:
        """Ask before what can't be undone. Raises UsageFault where nobody can be asked, CliError at a no."""
        if is_sure:
            return
        if not sys.stdin.isatty():
            raise UsageFault(f"{warning} --yes says that you know, as nobody can be asked here")
        if not click.confirm(f"{warning} Go on?", err=True):
            raise CliError("nothing was changed")

    def say(self, text: str) -> None:
        """Print a line as it is."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """Print what is under way, on stderr."""
        self.progress.print(text, markup=False, highlight=False, soft_wrap=True)


def make_settings(api: BlockingApi, options: Mapping[str, Any]) -> Settings:
    """From the global options, by their names. Raises UsageFault for addresses and credentials that are none."""
    user = options["marathon_credentials"]
    if user is not None and ":" not in user:
        raise UsageFault("--marathon-credentials are USER:PASSWORD (KOINON_MARATHON_CREDENTIALS)")
    return Settings(
        marathon=base_url(options["marathon"]),
        master=base_url(options["master"]),
        api=api,
        console=Console(),
        progress=Console(stderr=True),
        credential=make_credential(options["principal"], options["secret"]),
        marathon_credential=None if user is None else Credential(*user.split(":", 1)),
    )


def make_credential(principal: str | None, secret: str | None) -> Credential | None:
    """Who the user is, if they say so. Raises UsageFault for half of it."""
    if (principal is None) != (secret is None):
        raise UsageFault("--principal and --secret go together (KOINON_PRINCIPAL and KOINON_SECRET)")
    return None if principal is None or secret is None else Credential(principal, secret)


def show_json(document: Any) -> None:
    """Print a document, indented."""
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()
