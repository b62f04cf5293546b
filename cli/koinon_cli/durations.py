"""Durations on the command line, written as flags of daemons write them: ``90secs``, ``2hrs``."""

from __future__ import annotations

import click

from koinon_daemon.flag_values import parse_duration


def read_duration(_context: click.Context, parameter: click.Parameter, text: str | None) -> float | None:
    """The seconds of an option. Raises click.BadParameter for what is no duration."""
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param=parameter) from None
