"""The texts of `--help` and `--version`, rendered from the flags that a config class declares. Pure."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from .flag_values import parse_duration, parse_float, parse_host_port, parse_int, parse_names, parse_port, parse_size
from .flags import FlagSpec, Parse, flag_specs

_WIDTH = 100
_INDENT = " " * 6
_METAVARS: dict[Parse, str] = {
    parse_duration: "DURATION",
    parse_size: "SIZE",
    parse_int: "NUMBER",
    parse_float: "NUMBER",
    parse_port: "PORT",
    parse_host_port: "HOST:PORT",
    parse_names: "NAME,...",
}


@attrs.frozen(kw_only=True)
class Program:
    """A daemon as its user knows it: its command, its version, what it is for, and its environment's prefix."""

    name: str
    version: str
    summary: str
    prefix: str = "MESOS_"


def wanted_text(config_class: type[Any], program: Program, argv: Sequence[str]) -> str | None:
    """What to print instead of starting: the help, the version, or None."""
    if "--help" in argv or "-h" in argv:
        return help_text(config_class, program)
    if "--version" in argv:
        return f"{program.name} {program.version}\n"
    return None


def help_text(config_class: type[Any], program: Program) -> str:
    """The whole help: usage, the flags by group, and how else they may be given."""
    lines = [f"Usage: {program.name} [--flag=value ...]", "", *_wrap(program.summary, ""), ""]
    for group, specs in _by_group(flag_specs(config_class)).items():
        lines.append(f"{group}:")
        for spec in specs:
            lines += [f"  {_usage(spec)}", *_wrap(_explanation(spec), _INDENT)]
        lines.append("")
    names = [spec.name for spec in flag_specs(config_class)]
    example = "work_dir" if "work_dir" in names else names[0] if names else "flag"
    lines += _wrap(
        f"Each flag is also an environment variable: --{example} is {program.prefix}{example.upper()}; "
        "the command line wins. Dashes and underscores are the same. A value file:///path is read from that file.",
        "",
    )
    return "\n".join(lines) + "\n"


def _usage(spec: FlagSpec) -> str:
    if spec.is_boolean:
        return f"--[no-]{spec.name}"
    return f"--{spec.name}={_METAVARS.get(spec.parse, 'PATH' if spec.is_path else 'VALUE')}"


def _explanation(spec: FlagSpec) -> str:
    notes = []
    if spec.is_required:
        notes.append("required")
    elif spec.default is not None and spec.default not in ("", (), {}):
        notes.append(f"default: {spec.render(spec.default)}")
    if spec.aliases:
        notes.append("also " + ", ".join(f"--{alias}" for alias in spec.aliases))
    if spec.is_toggle:
        notes.append(f"also --disable_{spec.name}")
    return f"{spec.help} ({'; '.join(notes)})" if notes else spec.help


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)


def _by_group(specs: Sequence[FlagSpec]) -> Mapping[str, list[FlagSpec]]:
    """The flags by group: the general ones, then groups in the order of their first flag."""
    groups: dict[str, list[FlagSpec]] = {name: [] for spec in specs if (name := spec.group) == "General"}
    for spec in specs:
        groups.setdefault(spec.group, []).append(spec)
    return groups
