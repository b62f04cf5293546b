"""``koinon framework new``: a package with a framework that works, to be changed into one's own."""

from __future__ import annotations

from importlib.metadata import packages_distributions
from pathlib import Path

import click

from koinon_frameworks.template import Names, find_name_problems, render

from .errors import CliError, Conflict, UsageFault
from .settings import Settings, json_option, show_json


@click.command("new")
@click.argument("name")
@click.option(
    "--directory", type=click.Path(path_type=Path), help="Where it is written; default: a directory NAME, here."
)
@json_option
@click.pass_obj
def write_framework(settings: Settings, name: str, directory: Path | None, as_json: bool) -> None:
    """Write a new framework: a package that works, with its tests.

    It keeps web servers up, from a description of the tasks wanted; docs/tutorial.md goes on from there.
    """
    # Here, as the host takes longer to import than most commands take to run.
    from koinon_frameworks.host.plugins import known_frameworks  # noqa: PLC0415 - see above

    problems = tuple(find_name_problems(name, known_frameworks(), packages_distributions().keys()))
    if problems:
        raise UsageFault(f"no framework can be called {name!r}", problems=problems)
    target = directory if directory is not None else Path(name)
    names, texts = Names(name), render(Names(name))
    _write(target, texts)
    if as_json:
        files = list(texts)
        show_json({"name": name, "package": names.package, "directory": str(target.absolute()), "files": files})
        return
    for path in texts:
        settings.say(str(target / path))
    settings.say(f"next: cd {target} && pip install -e '.[dev]' && pytest")


def _write(target: Path, texts: dict[str, str]) -> None:
    """Into a directory that is new or empty. Raises Conflict, and CliError with what the system says."""
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise Conflict(f"{target} exists already, and nothing there was changed: --directory names another place")
        for path, text in texts.items():
            file = target / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CliError(f"{error.filename or target} can't be written: {error.strerror or error}") from error
