"""The reference of the SDK, built from docstrings. Knows which modules are public; how they look is pdoc's affair."""

from __future__ import annotations

from pathlib import Path

from .ground import PYTHON, ROOT

PUBLIC = (
    "koinon_frameworks",
    "koinon_frameworks.election",
    "koinon_frameworks.executor",
    "koinon_frameworks.host.plugin",
    "koinon_frameworks.matching",
    "koinon_frameworks.store",
    "koinon_frameworks.testing",
    "koinon_frameworks.workload",
)
"""The rooms that authors of frameworks import from."""
VALUES = ("koinon_core.containers", "koinon_core.frameworks", "koinon_core.offers", "koinon_core.tasks")
"""What is offered, launched and told of."""
TARGET = ROOT / "dist" / "reference"


def reference_command(target: Path = TARGET) -> list[str]:
    """The command line that writes HTML into ``target``; a warning is an error to it."""
    words = ("-W", "error", "-m", "pdoc", "--no-show-source", "--docformat", "markdown", "-o", str(target))
    return [str(PYTHON), *words, *PUBLIC, *VALUES]
