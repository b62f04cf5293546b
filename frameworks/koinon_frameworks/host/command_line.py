"""One command line for two: the host's flags and the plugin's, parsed together so that every mistake is named. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from inspect import getdoc
from typing import Any

from attrs import frozen

from koinon_daemon.errors import UsageError
from koinon_daemon.flag_help import Program, help_text
from koinon_daemon.flags import FlagSet, ReadFile, flag_names, parse_flag_sets, pick_words

from ..errors import PluginError
from ..variable_names import variable_name
from .config import PREFIX, HostConfig, with_inherited
from .plugin import FrameworkPlugin

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
"""What a framework may be called: it is part of URLs, of file names and of paths in a quorum."""


@frozen
class CommandLine:
    """What was said: to the host, and to the plugin."""

    host: HostConfig
    options: Any


def env_prefix(name: str) -> str:
    """What begins the environment variables of a plugin's options: ``--color`` of ``paint`` is ``PAINT_COLOR``."""
    return f"{variable_name(name)}_"


def parse_command_line(
    name: str,
    plugin: type[FrameworkPlugin[Any]],
    argv: Sequence[str],
    environ: Mapping[str, str],
    read_file: ReadFile | None = None,
) -> CommandLine:
    """Read what stands behind NAME. Raises UsageError with every problem, PluginError for options that can't be."""
    check_options_type(name, plugin)
    sets = (FlagSet(HostConfig, PREFIX), FlagSet(plugin.options_type, env_prefix(name)))
    host, options = parse_flag_sets(sets, argv, with_inherited(environ), read_file)
    return CommandLine(host, options)


def parse_host_part(argv: Sequence[str], environ: Mapping[str, str], read_file: ReadFile | None = None) -> HostConfig:
    """The host's flags among others that it does not know. Raises UsageError."""
    words = pick_words(HostConfig, argv)
    (host,) = parse_flag_sets((FlagSet(HostConfig, PREFIX),), words, with_inherited(environ), read_file)
    if not isinstance(host, HostConfig):
        raise TypeError(type(host).__name__)
    return host


def check_options_type(name: str, plugin: type[FrameworkPlugin[Any]]) -> None:
    """Raise PluginError where the plugin's options are no flags, or bear names that are the host's."""
    try:
        taken = flag_names(plugin.options_type) & flag_names(HostConfig)
    except (TypeError, ValueError, NameError, AttributeError) as error:
        raise PluginError(name, f"options_type of {plugin.__name__} can't be read as flags: {error}") from error
    if taken:
        words = ", ".join(f"--{each}" for each in sorted(taken))
        raise PluginError(name, f"options_type of {plugin.__name__} has {words}, which the host has itself")


def describe(name: str, plugin: type[FrameworkPlugin[Any]]) -> str:
    """The help of one plugin: its own options with their defaults, and where the host's are told."""
    lines = (getdoc(plugin) or "").splitlines()
    about = Program(
        name=f"koinon-framework {name}",
        version="",
        summary=lines[0] if lines and not _is_inherited(plugin) else f"The framework {name}.",
        prefix=env_prefix(name),
    )
    election = "Several may be started: one runs, the others stand by.\n" if plugin.is_elected else ""
    return (
        f"{help_text(plugin.options_type, about)}\n{election}--master and the other flags of the host: "
        "koinon-framework --help\n"
    )


def _is_inherited(plugin: type[FrameworkPlugin[Any]]) -> bool:
    return plugin.__doc__ is None


def usage_text(error: UsageError, name: str) -> str:
    """Every problem on a line of its own, and where to read more."""
    program = f"koinon-framework {name}"
    return "\n".join([*(f"{program}: {problem}" for problem in error.problems), f"Try '{program} --help'.", ""])
