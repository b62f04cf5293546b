"""Flags in the manner of Mesos and Marathon: command line and environment into one frozen config value.

A config is an `attrs.frozen(kw_only=True)` class whose fields are declared by `flag()` or `toggle()`. This module owns
names, precedence and errors (mesos-semantics 12, marathon-semantics 27); texts to values is `flag_values.py`, the help
text is `flag_help.py`. Pure: argv, environment and the reader of files are arguments.
"""

import difflib
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Protocol, TypeVar, runtime_checkable

import attrs

from .acl_text import format_acls, parse_acls
from .errors import UsageError
from .flag_values import (
    HostPort,
    Secret,
    format_duration,
    format_size,
    parse_bool,
    parse_duration,
    parse_float,
    parse_host_port,
    parse_int,
    parse_names,
    parse_size,
)

ConfigT = TypeVar("ConfigT")
Parse = Callable[[str], Any]
ReadFile = Callable[[str], str]

_METADATA_KEY = "koinon_daemon.flag"
_FILE_SCHEME = "file://"
_PARSERS: Mapping[object, Parse] = {
    str: str,
    int: parse_int,
    float: parse_float,
    bool: parse_bool,
    HostPort: parse_host_port,
    Secret: Secret,
    tuple[str, ...]: parse_names,
}
_RENDERERS: Mapping[Parse, Callable[[Any], str]] = {
    parse_duration: format_duration,
    parse_size: format_size,
    parse_acls: format_acls,
}


@runtime_checkable
class SelfChecking(Protocol):
    """A config that has rules across its flags: `parse_flags` raises what `problems` returns."""

    def problems(self) -> Iterable[str]:
        """What is wrong, a sentence each that begins with the flag; nothing when all is well."""


@attrs.frozen
class FlagSet:
    """A config class and what begins the environment variables of its flags."""

    config_class: type[Any]
    prefix: str


@attrs.frozen(kw_only=True)
class _Declaration:
    help: str
    parse: Parse | None
    aliases: tuple[str, ...]
    group: str
    is_toggle: bool
    is_document: bool = False


@attrs.frozen(kw_only=True)
class FlagSpec:
    """One flag as declared: what the parser, the help text and `/flags` know of it."""

    name: str
    help: str
    parse: Parse
    aliases: tuple[str, ...]
    group: str
    is_boolean: bool
    is_path: bool
    is_toggle: bool
    default: Any
    is_document: bool = False

    @property
    def is_required(self) -> bool:
        """Whether there is no default."""
        return self.default is attrs.NOTHING

    def render(self, value: Any) -> str:
        """The value as one would write it on the command line."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, Secret):
            return "***"
        if isinstance(value, tuple):
            return ",".join(str(item) for item in value)
        return _RENDERERS.get(self.parse, str)(value)


def flag(
    default: Any = attrs.NOTHING,
    *,
    help: str,
    parse: Parse | None = None,
    aliases: Sequence[str] = (),
    group: str = "General",
) -> Any:
    """Declare a field as a flag. Without `default` it is required; without `parse` its annotation says how to read it
    (str, int, float, bool, Path, HostPort, Secret, tuple[str, ...], each also `| None`).
    """
    declaration = _Declaration(help=help, parse=parse, aliases=tuple(aliases), group=group, is_toggle=False)
    return attrs.field(default=default, metadata={_METADATA_KEY: declaration})


def toggle(default: bool, *, help: str, group: str = "General") -> Any:
    """Declare a boolean that `--disable_<name>` turns off too (marathon-semantics 27)."""
    declaration = _Declaration(help=help, parse=parse_bool, aliases=(), group=group, is_toggle=True)
    return attrs.field(default=default, metadata={_METADATA_KEY: declaration})


def document(*, help: str, parse: Parse, group: str = "General") -> Any:
    """Declare a flag, None by default, that holds JSON or names the file (`/path` or `file:///path`) to be parsed."""
    declaration = _Declaration(help=help, parse=parse, aliases=(), group=group, is_toggle=False, is_document=True)
    return attrs.field(default=None, metadata={_METADATA_KEY: declaration})


def flag_specs(config_class: type[Any]) -> tuple[FlagSpec, ...]:
    """The flags that the config class declares, in their order. Raises TypeError for a field that is no flag."""
    hints = typing.get_type_hints(config_class)
    return tuple(_spec_of(field, hints[field.name]) for field in attrs.fields(config_class))


def flag_texts(config: Any) -> dict[str, str]:
    """Name -> text of every flag that has a value, secrets hidden (what `/flags` and GET_FLAGS show)."""
    values = ((spec, getattr(config, spec.name)) for spec in flag_specs(type(config)))
    return {spec.name: spec.render(value) for spec, value in values if value is not None}


def parse_flags(
    config_class: type[ConfigT],
    argv: Sequence[str],
    environ: Mapping[str, str],
    prefix: str = "MESOS_",
    read_file: ReadFile | None = None,
) -> ConfigT:
    """The config of a command line (without the program's name) and an environment; the command line wins.

    `read_file` gets the path of a `file:///path` value and returns its content; it may raise OSError or ValueError.
    Raises UsageError with every problem found.
    """
    (config,) = parse_flag_sets((FlagSet(config_class, prefix),), argv, environ, read_file)
    return typing.cast(ConfigT, config)


def parse_flag_sets(
    sets: Sequence[FlagSet], argv: Sequence[str], environ: Mapping[str, str], read_file: ReadFile | None = None
) -> tuple[Any, ...]:
    """The configs of one command line whose flags are several classes', no name in two of them; see `parse_flags`."""
    problems: list[str] = []
    groups = [(one, flag_specs(one.config_class)) for one in sets]
    written = _texts_of_argv([spec for _, specs in groups for spec in specs], argv, problems)
    found: list[dict[str, Any]] = []
    for one, specs in groups:
        texts = _texts_of_environ(specs, environ, one.prefix) | written
        values: dict[str, Any] = {}
        for spec in specs:
            if spec.name in texts:
                _put_value(spec, texts[spec.name], read_file, values, problems)
            elif spec.is_required:
                variable = f"{one.prefix}{spec.name.upper()}"
                problems.append(f"--{spec.name} is required (or the environment variable {variable})")
        found.append(values)
    if problems:
        raise UsageError(tuple(problems))
    configs = tuple(one.config_class(**values) for one, values in zip(sets, found, strict=True))
    broken = [each for config in configs if isinstance(config, SelfChecking) for each in config.problems()]
    if broken:
        raise UsageError(tuple(broken))
    return configs


def pick_words(config_class: type[Any], argv: Sequence[str]) -> list[str]:
    """The words of a command line that are flags of this class, with their values; the others are somebody else's."""
    spellings = _spellings(flag_specs(config_class))
    picked: list[str] = []
    for index, token in enumerate(argv):
        written, equals, _ = token.partition("=")
        found = spellings.get(written[2:].replace("-", "_")) if token.startswith("--") else None
        if found is None:
            continue
        following = None if equals or found.spec.is_boolean else _following_value(argv, index)
        picked += [token] if following is None else [token, following]
    return picked


def flag_names(config_class: type[Any]) -> frozenset[str]:
    """Every name that the class's flags answer to, aliases and negations included."""
    return frozenset(_spellings(flag_specs(config_class)))


@attrs.frozen
class _Given:
    """A value as given, and where: `shown` is the flag or variable as the user wrote it."""

    shown: str
    text: str


@attrs.frozen
class _Spelling:
    """What one accepted name means: its flag, and whether it stands for false."""

    spec: FlagSpec
    is_negated: bool


def _spec_of(field: "attrs.Attribute[Any]", hint: Any) -> FlagSpec:
    declaration = field.metadata.get(_METADATA_KEY)
    if not isinstance(declaration, _Declaration):
        raise TypeError(f"{field.name} is not declared by flag() or toggle()")
    kind = _without_none(hint)
    is_path = isinstance(kind, type) and issubclass(kind, PurePath)
    parse = declaration.parse or (kind if is_path else _PARSERS.get(kind))
    if parse is None:
        raise TypeError(f"{field.name}: no parser for {kind}; name one with parse=")
    return FlagSpec(
        name=field.name,
        help=declaration.help,
        parse=parse,
        aliases=declaration.aliases,
        group=declaration.group,
        is_boolean=kind is bool,
        is_path=is_path,
        is_toggle=declaration.is_toggle,
        default=_default_of(field),
        is_document=declaration.is_document,
    )


def _default_of(field: "attrs.Attribute[Any]") -> Any:
    default: Any = field.default
    return default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) not in (types.UnionType, typing.Union):
        return hint
    rest = [arm for arm in typing.get_args(hint) if arm is not types.NoneType]
    return rest[0] if len(rest) == 1 else hint


def _spellings(specs: Sequence[FlagSpec]) -> dict[str, _Spelling]:
    """Every accepted name; one that is a flag of its own wins over a negation (`--disable_http` may be either)."""
    plain = {name: _Spelling(spec, False) for spec in specs for name in (spec.name, *spec.aliases)}
    negated = {f"no_{name}": _Spelling(found.spec, True) for name, found in plain.items() if found.spec.is_boolean}
    disabled = {f"disable_{spec.name}": _Spelling(spec, True) for spec in specs if spec.is_toggle}
    return disabled | negated | plain


def _texts_of_environ(specs: Sequence[FlagSpec], environ: Mapping[str, str], prefix: str) -> dict[str, _Given]:
    """The flags given by environment; variables with the prefix that are no flags are somebody else's."""
    texts: dict[str, _Given] = {}
    for spec in specs:
        negations = (f"disable_{spec.name}",) if spec.is_toggle else ()
        for name in (spec.name, *spec.aliases, *negations):
            variable = f"{prefix}{name.upper()}"
            if variable in environ and spec.name not in texts:
                text = environ[variable]
                texts[spec.name] = _Given(variable, _negate(text) if name in negations else text)
    return texts


def _texts_of_argv(specs: Sequence[FlagSpec], argv: Sequence[str], problems: list[str]) -> dict[str, _Given]:
    spellings = _spellings(specs)
    texts: dict[str, _Given] = {}
    tokens = iter(enumerate(argv))
    for index, token in tokens:
        if not token.startswith("--") or token == "--":
            problems.append(f"unexpected argument {token!r}: flags are written --name=value")
            continue
        written, equals, text = token.partition("=")
        found = spellings.get(written[2:].replace("-", "_"))
        if found is None:
            problems.append(_unknown(written, spellings))
            if not equals and _following_value(argv, index) is not None:
                next(tokens)
            continue
        if not equals and not found.spec.is_boolean:
            following = _following_value(argv, index)
            if following is None:
                problems.append(f"{written} needs a value")
                continue
            text = following
            next(tokens)
        if found.spec.name in texts:
            problems.append(f"{written} is given twice")
        texts[found.spec.name] = _Given(written, _negate(text) if found.is_negated else text)
    return texts


def _following_value(argv: Sequence[str], index: int) -> str | None:
    following = argv[index + 1] if index + 1 < len(argv) else "--"
    return None if following.startswith("--") else following


def _negate(text: str) -> str:
    """The opposite of a boolean text; a text that is none stays, for its parser to refuse."""
    try:
        return "false" if parse_bool(text) else "true"
    except ValueError:
        return text


def _unknown(written: str, spellings: Mapping[str, _Spelling]) -> str:
    near = difflib.get_close_matches(written[2:].replace("-", "_"), spellings, n=1)
    hint = f"; did you mean --{near[0]}?" if near else ""
    return f"unknown flag {written}{hint}"


def _put_value(
    spec: FlagSpec, given: _Given, read_file: ReadFile | None, values: dict[str, Any], problems: list[str]
) -> None:
    try:
        values[spec.name] = spec.parse(_content(spec, given.text, read_file))
    except (ValueError, OSError) as error:
        problems.append(f"{given.shown}: {error}")


def read_document(text: str, read_file: ReadFile | None) -> str:
    """A document: JSON as it stands, else the content of the file that `text` names. Raises ValueError and OSError.

    What is neither may be a secret in the clear: the error does not repeat it.
    """
    if text.lstrip().startswith(("{", "[")):
        return text
    if not text.startswith(_FILE_SCHEME) and ("/" not in text or " " in text):
        raise ValueError("it is neither JSON nor the path of a file, without blanks (one here is ./name)")
    return _read(text, read_file)


def _content(spec: FlagSpec, text: str, read_file: ReadFile | None) -> str:
    """The text itself, or what stands in the file it names; a flag that is a path keeps the path."""
    if spec.is_document:
        return read_document(text, read_file)
    if not text.startswith(_FILE_SCHEME):
        return text
    return text.removeprefix(_FILE_SCHEME) if spec.is_path else _read(text, read_file)


def _read(text: str, read_file: ReadFile | None) -> str:
    if read_file is None:
        raise ValueError(f"{text!r} names a file, and no files are read here")
    return read_file(text.removeprefix(_FILE_SCHEME)).rstrip("\r\n")
