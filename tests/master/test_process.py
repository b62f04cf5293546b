"""``koinon-master`` as a process: it starts, is idle cheaply, and ends in good order."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from support.waiting import is_listening, wait_until


@pytest.mark.slow
def test_process_serves_idles_and_ends(tmp_path: Path, free_port: int) -> None:
    """It answers, takes less than 1 % of a core when nothing happens, and leaves with 0 at SIGTERM."""
    argv = [sys.executable, "-m", "koinon_master", f"--port={free_port}", f"--work_dir={tmp_path}"]
    with subprocess.Popen(argv, stderr=subprocess.PIPE) as process:
        try:
            wait_until(lambda: is_listening(free_port), "master")
            with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/version") as response:
                body = response.read()
            before, began = sum(psutil.Process(process.pid).cpu_times()[:2]), time.monotonic()
            wait_until(lambda: time.monotonic() - began > 2, "two quiet seconds")
            used = (sum(psutil.Process(process.pid).cpu_times()[:2]) - before) / (time.monotonic() - began)
            process.send_signal(signal.SIGTERM)
            code = process.wait(10)
        finally:
            process.kill()

    assert b'"version":"1.11.0"' in body
    assert used < 0.01
    assert 0 == code


@pytest.mark.slow
def test_unknown_flag_is_refused() -> None:
    """Exit code 2, and the nearest flag is named."""
    argv = [sys.executable, "-m", "koinon_master", "--work-dri=x"]
    ended = subprocess.run(argv, check=False, capture_output=True, text=True)

    assert 2 == ended.returncode
    assert "did you mean --work_dir?" in ended.stderr
