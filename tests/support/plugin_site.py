"""Packages with framework plugins, as an installer would leave them in a directory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def install_plugins(
    site: Path,
    source: str,
    names: Mapping[str, str],
    module: str = "plugins_of_a_test",
    group: str = "koinon.frameworks",
) -> None:
    """Put a module and its metadata into ``site``; ``names`` are entry points: name to class in the module."""
    (site / f"{module}.py").write_text(source)
    info = site / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module.replace('_', '-')}\nVersion: 1.0\n")
    lines = [f"{name} = {module}:{target}\n" for name, target in names.items()]
    (info / "entry_points.txt").write_text(f"[{group}]\n" + "".join(lines))
