"""Allocators that other packages bring."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest

from koinon_daemon.errors import ExitCode
from koinon_master.allocator.hierarchical import HierarchicalAllocator
from koinon_master.allocator.plugins import make_allocator
from koinon_master.config import MasterConfig
from koinon_master.errors import AllocatorBroken, AllocatorUnknown

PLUGIN = """
from koinon_master.allocator.hierarchical import HierarchicalAllocator

class Stingy(HierarchicalAllocator):
    def allocate(self):
        return super().allocate()[:1]

def broken(config, rng):
    raise KeyError("ouch")

def poor(config, rng):
    return "no allocator"
"""
ENTRY_POINTS = """[koinon.allocators]
stingy = stingy_plugin:Stingy
broken = stingy_plugin:broken
absent = stingy_plugin:Absent
poor = stingy_plugin:poor
"""


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with plugins, as an installer would leave it."""
    (tmp_path / "stingy_plugin.py").write_text(PLUGIN)
    info = tmp_path / "stingy_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stingy-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "stingy_plugin", raising=False)


def _config(name: str) -> MasterConfig:
    return MasterConfig(registry="in_memory", allocator=name)


def test_named_allocator_is_loaded_and_given_the_flags() -> None:
    """``--allocator NAME`` takes the plugin of that name."""
    assert "Stingy" == type(make_allocator(_config("stingy"), Random(1))).__name__


def test_no_plugin_is_loaded_unless_named() -> None:
    """The default is our own, and nothing of others is imported for it."""
    assert HierarchicalAllocator is type(make_allocator(_config("hierarchical"), Random(1)))
    assert "stingy_plugin" not in sys.modules


def test_unknown_name_lists_the_known() -> None:
    """A wrong name is told what there is."""
    with pytest.raises(AllocatorUnknown) as raised:
        make_allocator(_config("stngy"), Random(1))

    expected = "--allocator: no allocator is called 'stngy'; there are: hierarchical, absent, broken, poor, stingy"
    assert expected == str(raised.value)
    assert ExitCode.PLUGIN_FAILED is raised.value.exit_code


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("broken", "--allocator=broken: stingy_plugin:broken raised KeyError('ouch')"),
        ("poor", "--allocator=poor: stingy_plugin:poor gave str, which lacks verbs of an allocator"),
        ("absent", "--allocator=absent: stingy_plugin:Absent raised AttributeError"),
    ],
)
def test_plugin_that_fails_is_named(name: str, why: str) -> None:
    """Whatever a plugin does instead of making an allocator, the error names it and says what."""
    with pytest.raises(AllocatorBroken) as raised:
        make_allocator(_config(name), Random(1))

    assert str(raised.value).startswith(why)
