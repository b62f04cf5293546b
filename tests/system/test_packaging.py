"""The wheel, as somebody else installs it."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import koinon_core
from chores.ground import ROOT
from support.client_venv import client_python

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("wheel"), pytest.mark.timeout(180)]
COMMANDS = ("koinon", "koinon-master", "koinon-agent", "koinon-marathon", "koinon-framework")


def run(*argv: object) -> str:
    """Run a command away from the checkout and give back what it said. Fails with that when it failed."""
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, cwd="/", check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_installs_beside_the_marathon_client(wheel: Path) -> None:
    """Every command answers for its version, types are shipped, and 'import marathon' is still PyPI's client."""
    python = client_python("wheel", "marathon==0.13.0")
    constraints = ROOT / "constraints.txt"
    run(python, "-m", "pip", "install", "-q", "--force-reinstall", "--no-deps", wheel)
    run(python, "-m", "pip", "install", "-q", "-c", constraints, wheel)

    with ThreadPoolExecutor() as side_by_side:
        said = side_by_side.map(lambda command: run(python.parent / command, "--version"), COMMANDS)
    versions = [words.split()[-1] for words in said]
    assert [koinon_core.__version__] * len(COMMANDS) == versions
    site = Path(run(python, "-c", "import marathon; print(marathon.__file__)").strip()).parents[1]
    assert "MarathonClient" in run(python, "-c", "from marathon import MarathonClient; print(MarathonClient.__name__)")
    packages = {path.parent.name for path in site.glob("koinon_*/py.typed")}
    assert len(packages) == len(list(site.glob("koinon_*/__init__.py"))) > 1
