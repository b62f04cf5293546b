"""The rules of the UI that are written in TypeScript, tested by Node: `web/test/**/*.test.ts`, all in one run."""

from __future__ import annotations

import re
import subprocess

import pytest

from chores.ground import ChoreError
from chores.node import find_node
from chores.web import MODULES, WEB
from support.parts import miss

pytestmark = pytest.mark.slow
_FAILURES = "✖ failing tests:"


def test_rules_in_typescript_hold() -> None:
    """Each test file is bundled as the page is, and every test in it passes: what fails is shown as Node shows it."""
    try:
        node = find_node()
    except ChoreError as error:
        miss("Node", str(error))
    if not MODULES.is_dir():
        miss("Node packages", "there is no web/node_modules")
    tests = len(list((WEB / "test").rglob("*.test.ts")))
    command = [*node.npm, "test", "--silent"]
    done = subprocess.run(command, cwd=WEB, env=node.environment, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr

    assert 0 == done.returncode, said[max(0, said.rfind(_FAILURES)) :]
    passed = re.search(r"^\S+ pass (\d+)$", said, re.MULTILINE)
    assert passed is not None
    assert tests <= int(passed[1])
