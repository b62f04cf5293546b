"""Frameworks that other packages bring, found by their entry points and run by ``koinon-framework``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from koinon_core.ids import FrameworkId
from koinon_frameworks.__main__ import main
from koinon_frameworks.errors import OptionError, PluginError, UnknownPluginError
from koinon_frameworks.host.plugins import Invocation, load_framework, parse_invocation

PLUGIN = """
from koinon_core.frameworks import FrameworkInfo
from koinon_frameworks import OptionError, Scheduler

class Paint:
    def __init__(self, color):
        self.framework_info = FrameworkInfo(user="root", name=color)
        self.scheduler = Scheduler()

    @classmethod
    def from_options(cls, options):
        if "color" not in options:
            raise OptionError("color", "is needed")
        return cls(options["color"])

class Broken:
    @classmethod
    def from_options(cls, options):
        raise KeyError("ouch")
"""
ENTRY_POINTS = """[koinon.frameworks]
paint = paint_plugin:Paint
broken = paint_plugin:Broken
absent = paint_plugin:Absent
number = paint_plugin:__name__
"""


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with plugins, as an installer would leave it."""
    (tmp_path / "paint_plugin.py").write_text(PLUGIN)
    info = tmp_path / "paint_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: paint-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "paint_plugin", raising=False)


def invoke(name: str, **options: str) -> Invocation:
    return Invocation(name=name, master="m:5050", framework_id=None, options=options)


def test_reads_a_command_line() -> None:
    """The host's own options are taken out, the rest is the plugin's, dashes being underscores."""
    words = ["paint", "--master", "m:5050", "--framework-id=F", "--line-width", "3"]

    assert Invocation(
        name="paint", master="m:5050", framework_id=FrameworkId("F"), options={"line_width": "3"}
    ) == parse_invocation(words, {})
    assert "e:1" == parse_invocation(["paint"], {"MESOS_MASTER": "e:1"}).master


@pytest.mark.parametrize(
    "words", [[], ["--master", "m"], ["paint"], ["paint", "--a"], ["paint", "x"], ["paint", "--a=1", "--a=2"]]
)
def test_refuses_a_command_line_that_says_too_little(words: list[str]) -> None:
    """What is missing or said twice is the caller's mistake."""
    with pytest.raises(OptionError):
        parse_invocation(words, {})


def test_loads_the_named_framework() -> None:
    """A plugin makes its framework of the options it is given."""
    assert "red" == load_framework(invoke("paint", color="red")).framework_info.name


def test_an_unknown_name_lists_the_known_ones() -> None:
    """Whoever mistypes sees what there is."""
    with pytest.raises(UnknownPluginError, match=r"'pain'.*absent, broken, number, paint"):
        load_framework(invoke("pain"))


@pytest.mark.parametrize(
    ("name", "why"),
    [("broken", "raised KeyError"), ("absent", "can't be loaded"), ("number", "has no from_options")],
)
def test_a_broken_plugin_is_named(name: str, why: str) -> None:
    """What goes wrong in a plugin says which plugin it was."""
    with pytest.raises(PluginError, match=f"{name}.*{why}"):
        load_framework(invoke(name))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["pain", "--master", "m"], 2, "installed: absent, broken, number, paint"),
        (["paint", "--master", "m"], 2, "--color: is needed"),
        (["paint", "--master", "ftp://m", "--color", "red"], 2, "ftp://m"),
        (["broken", "--master", "m"], 102, "framework broken"),
    ],
)
def test_main_says_what_is_wrong(words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Mistakes end in one line on stderr, with 2 for the caller's and 102 for the plugin's."""
    assert code == main(words)
    assert said in capsys.readouterr().err
