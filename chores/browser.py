"""What the tests need to see pages as people do: a browser, and letters for it. Starts nothing itself."""

from __future__ import annotations

import shutil
from pathlib import Path

from .debian import install

COMMAND = "chromium"
_LETTERS = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


def ensure_browser() -> None:
    """Installs Debian's chromium and its plainest font where they are missing. Raises ChoreError where it can't."""
    missing = []
    if shutil.which(COMMAND) is None:
        missing.append("chromium")
    if not _LETTERS.exists():
        missing.append("fonts-dejavu-core")
    if missing:
        install(missing, "browser for the tests")
