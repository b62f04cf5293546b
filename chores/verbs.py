"""The verbs of `./dev`: what each one needs, in which order, and the exit code it ends with."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from .browser import ensure_browser
from .busybox import ensure_image
from .engine import ensure_engine, stop_engine
from .environment import ensure_environment
from .ground import PYTHON, ROOT, STATE, VENV, ChoreError, say
from .reference import TARGET, reference_command
from .web import ensure_modules, ensure_web, tool, watch_command
from .zookeeper import ensure_zookeeper

USAGE = """\
usage: ./dev VERB [ARGUMENT...]

  up [ARGUMENT...]    set up, then run a whole cluster: koinon up ARGUMENT...
  test [ARGUMENT...]  set up, then all linters and pytest ARGUMENT..., without any the whole suite
  setup               all that up and test need, and nothing else
  lint                ruff, mypy, and for the web UI prettier and tsc
  bench [NAME]        run benchmarks/NAME.py, or list them
  build               the wheel, into dist/
  web                 bundle the web UI at every save, for clusters started meanwhile
  docs                the reference of the SDK, as HTML into dist/reference/
  down                end the Docker Engine that ./dev started, and its containers
"""

_LINTERS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy", "."))
_WEB_LINTERS = (("prettier", "--check", "--log-level", "warn", "."), ("tsc", "--noEmit"))


def main(arguments: list[str]) -> int:
    """Runs one verb and returns the exit code: the verb's own, 1 where the set-up failed, 2 for a wrong call."""
    verbs: dict[str, Callable[[list[str]], int]] = {
        "up": _up, "test": _test, "setup": _setup, "lint": _lint, "bench": _bench, "build": _build,
        "web": _web, "docs": _docs, "down": _down,
    }  # fmt: skip
    verb, *rest = arguments or [""]
    if verb in ("-h", "--help", "help"):
        sys.stdout.write(USAGE)
        return 0
    if verb not in verbs or (rest and verb in ("setup", "lint", "build", "web", "docs", "down")):
        sys.stderr.write(USAGE)
        return 2
    os.chdir(ROOT)
    try:
        return verbs[verb](rest)
    except ChoreError as error:
        say(str(error))
        return 1


def _up(arguments: list[str]) -> int:
    with _alone():
        ensure_environment()
        _offer(ensure_web)
        _offer_engine()
    koinon = VENV / "bin" / "koinon"
    os.execv(koinon, [str(koinon), "up", *arguments])


def _test(arguments: list[str]) -> int:
    with _alone():
        ensure_environment()
        started = _offer_engine()
        for chore in (ensure_web, ensure_zookeeper, ensure_browser):
            _offer(chore)
    _keep_bytecode()
    try:
        lint = _lint([])
        tests = _run("pytest", *arguments) if arguments else _all_tests()
    finally:
        if started and os.environ.get("CI") == "true":
            stop_engine()
    return tests or lint


def _keep_bytecode() -> None:
    """Lets tests compile each module once, where nobody minds, though the environment asks Python to leave none behind.

    They start hundreds of daemons, and each would spend a third of its start on compiling what the one before had.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(STATE / "bytecode"))


def _all_tests() -> int:
    """The whole suite: what needs no cluster, then clusters of real parts, each in two streams side by side.

    Clusters of two streams never meet: see CONTRIBUTING.md. Those that are only simulated compute meanwhile, at the
    lowest priority, as both streams wait a good part of their time.
    """
    with tempfile.TemporaryFile() as said:
        argv = ["nice", "-n", "15", str(VENV / "bin" / "pytest"), "-q", "-m", "simulated"]
        simulated = subprocess.Popen(argv, stdout=said, stderr=said)
        try:
            apart = _run("pytest", "-m", "not system", "-n", "2", "--dist", "loadscope")
            together = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
            clusters = _run("pytest", "-m", "system and not simulated", *together)
        finally:
            simulated.wait()
            said.seek(0)
            sys.stdout.write(said.read().decode(errors="replace"))
    return apart or clusters or simulated.returncode


def _setup(_: list[str]) -> int:
    with _alone():
        ensure_environment()
        ensure_web()
        ensure_zookeeper()
        ensure_browser()
        url, _started = ensure_engine()
        ensure_image(url)
    sys.stdout.write(f"DOCKER_HOST={url}\n")
    return 0


def _lint(_: list[str]) -> int:
    with _alone():
        ensure_environment()
        ensure_modules()
    failed = [" ".join(linter) for linter in _LINTERS if _run(*linter) != 0]
    for linter in _WEB_LINTERS:
        command, environment = tool(*linter)
        if subprocess.run(command, check=False, cwd=ROOT / "web", env=environment).returncode != 0:
            failed.append(" ".join(linter))
    if failed:
        say(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def _bench(arguments: list[str]) -> int:
    with _alone():
        ensure_environment()
        _offer_engine()
        for chore in (ensure_web, ensure_zookeeper, ensure_browser):
            _offer(chore)
    _keep_bytecode()
    names = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py"))
    if not arguments:
        sys.stdout.write("".join(f"{name}\n" for name in names))
        return 0
    name, *rest = arguments
    if name not in names:
        say(f"no benchmark {name}; there are: {', '.join(names) or 'none'}")
        return 2
    # Benchmarks start the same clusters as tests do.
    os.environ["PYTHONPATH"] = os.pathsep.join(str(ROOT / each) for each in ("tests", ".", "examples/batch"))
    return _run("python", f"benchmarks/{name}.py", *rest)


def _build(_: list[str]) -> int:
    with _alone():
        ensure_environment()
        ensure_web()
    return _run("python", "-m", "pip", "wheel", "-q", "--no-deps", "-w", "dist", ".")


def _web(_: list[str]) -> int:
    with _alone():
        ensure_environment()
        node = ensure_modules()
    say("bundling at every save; in another terminal: ./dev up, which says where the page is")
    os.execve(node.binary, watch_command(node), node.environment)


def _docs(_: list[str]) -> int:
    with _alone():
        ensure_environment()
    code = _run("python", *reference_command()[1:])
    if code == 0:
        sys.stdout.write(f"{TARGET / 'index.html'}\n")
    return code


def _down(_: list[str]) -> int:
    with _alone():
        say("the Docker Engine is gone" if stop_engine() else "no Docker Engine of ours to end")
    return 0


def _offer_engine() -> bool:
    """Hands an engine and the test image to the children; without one they do what they can, and say what they can't.

    Returns whether the engine was started just now.
    """
    started = False
    try:
        os.environ["DOCKER_HOST"], started = ensure_engine()
        ensure_image(os.environ["DOCKER_HOST"])
    except ChoreError as error:
        say(f"{error} - going on without")
    return started


def _offer(chore: Callable[[], None]) -> None:
    """Sets up what can be done without."""
    try:
        chore()
    except ChoreError as error:
        say(f"{error} - going on without")


def _run(command: str, *arguments: str) -> int:
    """Runs a command of the virtual environment in the foreground; Ctrl-C and SIGTERM are its to answer, not ours."""
    argv: Sequence[str] = [str(PYTHON) if command == "python" else str(VENV / "bin" / command), *arguments]
    process = subprocess.Popen(argv)
    handlers = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: process.terminate()),
    }
    try:
        code = process.wait()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


@contextmanager
def _alone() -> Iterator[None]:
    """Only one call sets things up at a time; the next one waits for it."""
    STATE.mkdir(exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
