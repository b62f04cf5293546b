"""One command line for the host and the plugin."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
from attrs import frozen

from koinon_daemon.errors import UsageError
from koinon_daemon.flag_values import HostPort
from koinon_daemon.flags import flag
from koinon_frameworks import Framework, FrameworkPlugin, Services
from koinon_frameworks.errors import PluginError
from koinon_frameworks.host.command_line import describe, parse_command_line, parse_host_part

MASTER = ["--master", "m:5050"]


@frozen(kw_only=True)
class Brush:
    """Options."""

    color: str = flag(help="What to paint with.")
    width: int = flag(3, help="Of the brush.")


class Paint(FrameworkPlugin[Brush]):
    """Paints fences."""

    options_type = Brush

    async def start(self, options: Brush, services: Services) -> Framework:
        raise NotImplementedError


@frozen(kw_only=True)
class Greedy:
    """Options that are the host's."""

    master: str = flag("m", help="?")
    zk: str = flag("z", help="?")


class Unreadable(FrameworkPlugin[Any]):
    """Its options are no flags."""

    options_type: ClassVar[type[Any]] = HostPort

    async def start(self, options: Any, services: Services) -> Framework:
        raise NotImplementedError


class Clashing(Unreadable):
    """Its options are taken."""

    options_type = Greedy


def test_each_gets_its_own() -> None:
    """Flags of both in any order, each with its own environment variables, and MESOS_MASTER as others know it."""
    said = parse_command_line(
        "paint", Paint, ["--width=5", "--listen", "8090"], {"PAINT_COLOR": "red", "MESOS_MASTER": "m"}
    )

    assert Brush(color="red", width=5) == said.options
    assert ("m", HostPort("127.0.0.1", 8090)) == (said.host.master, said.host.listen)


def test_every_mistake_is_named_at_once() -> None:
    """The host's, the plugin's, and what belongs to nobody, with the nearest name."""
    words = ["--colour", "red", "--width", "wide", "--log_lines_per_second=no"]
    with pytest.raises(UsageError) as caught:
        parse_command_line("paint", Paint, words, {})

    told = "\n".join(caught.value.problems)
    assert 5 == len(caught.value.problems)
    assert "unknown flag --colour; did you mean --color?" in told
    assert "--width: " in told
    assert "--log_lines_per_second: " in told
    assert "--master is required" in told
    assert "--color is required (or the environment variable PAINT_COLOR)" in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--max_failures=-1"], "--max_failures must not be negative"),
        (["--blocked_after=0secs"], "--blocked_after must be more than 0"),
        (["--logging_level=LOUD"], "--logging_level: 'LOUD' is not one of"),
        (["--log_format=xml"], "--log_format: 'xml' is not one of"),
        (["--listen=nowhere"], "--listen: 'nowhere' is not host:port"),
        (["--zk=http://x"], "--zk: "),
    ],
)
def test_values_that_make_no_sense_are_refused(words: list[str], said: str) -> None:
    """Each with its flag."""
    with pytest.raises(UsageError, match=said):
        parse_command_line("paint", Paint, [*MASTER, "--color=red", *words], {})


@pytest.mark.parametrize(
    ("plugin", "why"), [(Clashing, "--master, --zk, which the host has itself"), (Unreadable, "can't be read as flags")]
)
def test_options_that_can_not_be_are_the_plugins_fault(plugin: type[FrameworkPlugin[Any]], why: str) -> None:
    """They are named before anything is parsed."""
    with pytest.raises(PluginError, match=why):
        parse_command_line("bad", plugin, MASTER, {})


def test_host_reads_its_part_without_knowing_the_plugin() -> None:
    """The values of strangers' flags are not taken for its own."""
    host = parse_host_part(["--color", "red", "--listen", "1", "--teardown-on-exit", *MASTER, "--no-gloss"], {})

    assert ("m:5050", 1, True) == (host.master, host.listen.port, host.teardown_on_exit)


def test_help_shows_the_plugins_flags_with_their_defaults() -> None:
    """And how to set them by the environment."""
    text = describe("paint", Paint)

    assert "Paints fences." in text
    assert "--width=NUMBER\n      Of the brush. (default: 3)" in text
    assert "--color is PAINT_COLOR" in text


@pytest.mark.parametrize(
    ("words", "home"),
    [
        ([], "sqlite:///state/frameworks/paint.db?path=/koinon-frameworks/paint"),
        (["--work_dir=/w"], "sqlite:///w/paint.db?path=/koinon-frameworks/paint"),
        (["--master=zk://a:1,b:2/mesos"], "zk://a:1,b:2/mesos-frameworks/paint"),
        (["--master=zk://a:1/mesos", "--zk=zk://c:3/mine"], "zk://c:3/mine"),
    ],
)
def test_records_lie_beside_the_masters_or_in_a_file(words: list[str], home: str) -> None:
    """Never beneath the masters' own group, where others take every child for a master."""
    host = parse_host_part(words or MASTER, {"MESOS_MASTER": "m"})

    assert home == str(host.home("paint", Path("/state")))
