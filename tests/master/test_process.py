"""``koinon-master`` as a process: it starts, answers, and ends in good order."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from koinon_daemon.supervision import Stop
from koinon_master.app import MasterApp
from koinon_master.config import MasterConfig
from koinon_master.errors import RegistryUnreadable, WorkDirUnusable
from support.processes import Child


@pytest.mark.slow
@pytest.mark.parametrize("is_elected", [False, True])
def test_process_serves_and_ends(tmp_path: Path, free_port: int, is_elected: bool) -> None:
    """Alone or elected, it answers, and leaves with 0 and without an error at SIGTERM."""
    flags = [f"--zk=sqlite://{tmp_path}/quorum.db?path=/koinon"] if is_elected else []
    argv = [sys.executable, "-m", "koinon_master", f"--port={free_port}", f"--work_dir={tmp_path}", *flags]
    with Child(argv, tmp_path / "log") as process:
        process.wait_line("leading ")
        with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/version") as response:
            body = response.read()
        code = process.terminate()
        log = process.output

    assert b'"version":"1.11.0"' in body
    assert 0 == code
    assert "[error]" not in log


@pytest.mark.slow
def test_unknown_flag_is_refused() -> None:
    """Exit code 2, and the nearest flag is named."""
    argv = [sys.executable, "-m", "koinon_master", "--work-dri=x"]
    ended = subprocess.run(argv, check=False, capture_output=True, text=True)

    assert 2 == ended.returncode
    assert "did you mean --work_dir?" in ended.stderr


@pytest.mark.parametrize("at", ["file", "file/beneath"])
async def test_a_work_dir_that_is_a_file_is_named(tmp_path: Path, at: str) -> None:
    """A sentence with the flag and the path, not a traceback."""
    (tmp_path / "file").touch()

    with pytest.raises(WorkDirUnusable, match=rf"--work_dir: .*/{at} can't be used: "):
        await MasterApp(MasterConfig(port=0, work_dir=tmp_path / at), Stop()).run()


async def test_a_registry_that_is_none_is_named(tmp_path: Path) -> None:
    """The start stops at a file that holds something else, and leaves it as it is."""
    (tmp_path / "registry.db").write_bytes(b"not a database" * 100)

    with pytest.raises(RegistryUnreadable, match=r"registry\.db can't be read: file is not a database"):
        await MasterApp(MasterConfig(port=0, work_dir=tmp_path), Stop()).run()
    assert b"not a database" * 100 == (tmp_path / "registry.db").read_bytes()


async def test_a_registry_that_can_not_be_opened_is_named(tmp_path: Path) -> None:
    """A folder in its place, or rights that are missing."""
    (tmp_path / "registry.db").mkdir()

    with pytest.raises(WorkDirUnusable, match="unable to open database file"):
        await MasterApp(MasterConfig(port=0, work_dir=tmp_path), Stop()).run()
