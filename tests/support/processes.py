"""Child processes for tests: output goes to a file, waits look for what they say, ends go by their pid alone."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from support.waiting import is_listening, wait_until


def find_processes(*argv: str) -> list[int]:
    """The pids of all that run as exactly this command line, on the whole machine."""
    return [one.pid for one in psutil.process_iter(["cmdline"]) if one.info["cmdline"] == list(argv)]


class Child:
    """One running process. As a context manager it is killed at the end, whatever the test did to it."""

    def __init__(self, argv: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        """Starts `argv` in a session of its own; `env` is laid over this process's environment."""
        self.log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def output(self) -> str:
        """All that it has written so far, to stdout and stderr."""
        return self.log.read_text(errors="replace")

    def wait_line(self, pattern: str, timeout: float = 30.0) -> re.Match[str]:
        """Waits for output that matches the regular expression. Raises RuntimeError when the process ends without."""
        return wait_until(lambda: self._look(pattern), f"line like {pattern!r} from pid {self.pid}", timeout)

    def wait_port(self, port: int, timeout: float = 30.0) -> None:
        """Waits until 127.0.0.1:`port` accepts connections. Raises RuntimeError when the process ends without."""

        def look() -> bool:
            self._check_running(f"listened on {port}")
            return is_listening(port)

        wait_until(look, f"listener on port {port}", timeout)

    def wait_exit(self, timeout: float = 30.0) -> int:
        """Waits for its end and returns the exit code, negative for a signal. Raises TimeoutError."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired as late:
            raise TimeoutError(f"pid {self.pid} still runs after {timeout:g} s; it said:\n{self.output}") from late

    def send(self, number: signal.Signals) -> None:
        """Sends a signal, unless the process is gone."""
        if self.is_running:
            self._process.send_signal(number)

    def terminate(self, timeout: float = 30.0) -> int:
        """Asks it to end (SIGTERM) and returns the exit code."""
        self.send(signal.SIGTERM)
        return self.wait_exit(timeout)

    def kill(self) -> None:
        """Ends it at once (SIGKILL), with no chance to say goodbye. What it started itself lives on."""
        self.send(signal.SIGKILL)
        self.wait_exit()

    def suspend(self) -> None:
        """Stops it where it stands (SIGSTOP): its sockets stay open and nobody answers."""
        self.send(signal.SIGSTOP)

    def resume(self) -> None:
        """Lets it go on (SIGCONT)."""
        self.send(signal.SIGCONT)

    def _look(self, pattern: str) -> re.Match[str] | None:
        is_over = not self.is_running
        found = re.search(pattern, self.output, re.MULTILINE)
        if found is None and is_over:
            self._check_running(f"said {pattern!r}")
        return found

    def _check_running(self, what: str) -> None:
        if not self.is_running:
            raise RuntimeError(f"ended with {self.wait_exit()} before it {what}; it said:\n{self.output}")
