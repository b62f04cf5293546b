"""What the tests need to start ZooKeeper servers of their own: jars, and a Java. Starts nothing itself."""

from __future__ import annotations

import shutil
from pathlib import Path

from .debian import install

_JARS = ("zookeeper.jar", "slf4j-simple.jar")


def ensure_zookeeper() -> None:
    """Installs Debian's jars and a headless Java where they are missing. Raises ChoreError without apt or root."""
    missing = []
    if not all((Path("/usr/share/java") / jar).exists() for jar in _JARS):
        missing.append("libzookeeper-java")
    if shutil.which("java") is None:
        missing.append("default-jre-headless")
    if missing:
        install(missing, "ZooKeeper for the tests")
