"""Frameworks that other packages bring, found by their entry points."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from koinon_frameworks.__main__ import main
from koinon_frameworks.errors import PluginError, UnknownPluginError
from koinon_frameworks.host.plugins import known_frameworks, load_plugin
from support.plugin_site import install_plugins

PLUGIN = """
from koinon_frameworks import FrameworkPlugin

class Paint(FrameworkPlugin):
    async def start(self, options, services): ...

class Unfinished(FrameworkPlugin):
    pass

class OldForm:
    @classmethod
    def from_options(cls, options): ...
"""
NAMES = {"paint": "Paint", "unfinished": "Unfinished", "old": "OldForm", "absent": "Absent", "number": "__name__"}


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with plugins."""
    install_plugins(tmp_path, PLUGIN, NAMES)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "plugins_of_a_test", raising=False)


def test_loads_the_named_plugin() -> None:
    """What stands behind the entry point is the class."""
    assert "Paint" == load_plugin("paint").__name__
    assert set(NAMES) <= set(known_frameworks())


def test_an_unknown_name_lists_the_known_ones() -> None:
    """Whoever mistypes sees what there is."""
    with pytest.raises(UnknownPluginError, match=r"'pain'.*absent, .*number, old, paint"):
        load_plugin("pain")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("absent", "can't be loaded"),
        ("number", "is no subclass of FrameworkPlugin"),
        ("old", "is no subclass of FrameworkPlugin"),
        ("unfinished", "lacks start"),
    ],
)
def test_what_is_no_plugin_is_named(name: str, why: str) -> None:
    """The error says which plugin it was, and what it lacks."""
    with pytest.raises(PluginError, match=f"framework {name}: .*{why}"):
        load_plugin(name)


@pytest.mark.parametrize(
    ("words", "said"),
    [([], ""), (["pain", "--master", "m"], "no framework is called 'pain'"), (["--master", "m"], "not --master")],
)
def test_main_refuses_what_names_no_framework(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a framework nothing is started, and the exit code says wrong usage."""
    assert 2 == main(words)
    assert said in capsys.readouterr().err


def test_main_tells_of_the_host_and_of_what_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    """``--help`` alone knows no plugin's flags, but says how to see them."""
    assert 0 == main(["--help"])
    told = capsys.readouterr().out
    assert "--blocked_after=DURATION" in told
    assert "paint" in told.partition("Installed: ")[2]
