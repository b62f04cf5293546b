"""The wheel, as somebody else installs it."""

import re
import subprocess
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import koinon_core
from chores.ground import ROOT
from support.client_venv import client_python, pip_install
from support.processes import Child

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
COMMANDS = ("koinon", "koinon-master", "koinon-agent", "koinon-marathon", "koinon-framework")


def run(*argv: object) -> str:
    """Run a command away from the checkout and give back what it said. Fails with that when it failed."""
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, cwd="/", check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(wheel: Path) -> Path:
    """The interpreter of an environment with the wheel and PyPI's Marathon client in it."""
    python = client_python("wheel", "marathon==0.13.0")
    constraints = ROOT / "constraints.txt"
    run(*pip_install(python), "--force-reinstall", "--no-deps", wheel)
    run(*pip_install(python), "-c", constraints, wheel)
    return python


def test_the_wheel_installs_beside_the_marathon_client(python: Path) -> None:
    """Every command answers for its version, types are shipped, and 'import marathon' is still PyPI's client."""
    with ThreadPoolExecutor() as side_by_side:
        said = side_by_side.map(lambda command: run(python.parent / command, "--version"), COMMANDS)
    versions = [words.split()[-1] for words in said]
    assert [koinon_core.__version__] * len(COMMANDS) == versions
    site = Path(run(python, "-c", "import marathon; print(marathon.__file__)").strip()).parents[1]
    assert "MarathonClient" in run(python, "-c", "from marathon import MarathonClient; print(MarathonClient.__name__)")
    packages = {path.parent.name for path in site.glob("koinon_*/py.typed")}
    assert len(packages) == len(list(site.glob("koinon_*/__init__.py"))) > 1


def test_the_wheel_brings_the_ui(python: Path, tmp_path: Path, free_port: int) -> None:
    """A master from the wheel hands out the page and all that it asks for, where no Node is to be found."""
    argv = [str(python.parent / "koinon-master"), f"--port={free_port}", "--registry=in_memory"]
    url = f"http://127.0.0.1:{free_port}"
    with Child(argv, tmp_path / "log", {"PATH": "/nowhere"}) as master:
        master.wait_line("leading ")
        page = fetch(f"{url}/").decode()
        assets = [fetch(url + path) for path in re.findall(r'"(/ui/assets/[^"]+)"', page)]

    assert "<title>Koinon</title>" in page
    assert len(assets) > 3
    assert all(assets)


def fetch(url: str) -> bytes:
    """What a GET gets in the end. Raises what urllib raises for all but 200."""
    with urllib.request.urlopen(url, timeout=10) as response:
        body: bytes = response.read()
        return body
