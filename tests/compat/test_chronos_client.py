"""PyPI's client of Chronos, unchanged, and the script it brings that syncs a folder of jobs."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from fakes.jobs_desk import JobsDesk, running_jobs
from koinon_core.tasks import TaskState
from support.client_venv import client_python

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
CHRONOS = ("chronos-python==1.2.1", "httplib2==0.22.0", "pyparsing==3.2.3")
EXAMPLE = HERE.parents[1] / "examples/jobs/chronos.json"


async def run_client(script: Path, *words: str) -> list[str]:
    """Run a script of the client's to its end; the lines it printed. Fails when it failed."""
    python = client_python("chronos", *CHRONOS)
    process = await asyncio.create_subprocess_exec(
        python, script, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output = (await process.communicate())[0].decode()
    assert process.returncode == 0, output
    return output.splitlines()


def address(desk: JobsDesk) -> str:
    """Host and port, as the client wants them."""
    return desk.url.removeprefix("http://")


async def test_client_drives_jobs_from_add_to_delete() -> None:
    """Jobs are posted at both prefixes, listed, found, run, counted, killed, deleted; refusals are read."""
    async with running_jobs() as desk:
        begun = await run_client(HERE / "chronos_client_life.py", address(desk), "begin")
        old, fetch = sorted(desk.launch(), key=lambda task: task.name, reverse=True)
        desk.hear(fetch, TaskState.TASK_RUNNING)
        desk.service.clock.moment += 60.0
        desk.hear(fetch, TaskState.TASK_FINISHED)
        desk.run_all(1.0, TaskState.TASK_FAILED)
        ended = await run_client(HERE / "chronos_client_life.py", address(desk), "end")

    assert "old" == old.name
    assert "listed ['fetch', 'load', 'old']" == begun[0]
    assert begun[1].startswith("found ['load'] {")
    assert "counted [('fetch', 1, 0), ('load', 0, 0), ('old', 0, 0)]" == ended[0]
    assert ended[1].startswith("stat Success {")
    assert {"node,fetch,success,idle", "node,old,fresh,1", "link,fetch,load"} <= set(ended[2].split("'"))
    assert "median ['fetch']" == ended[3]
    assert 3 == sum(line.startswith("refused No remaining Chronos servers") for line in ended)
    assert '{"left": ["old"]}' == ended[-1]


async def test_script_of_the_client_syncs_a_folder_once(tmp_path: Path) -> None:
    """Jobs of a folder are added, and found unchanged when it is synced again: each comes back word for word."""
    shutil.copy(EXAMPLE, tmp_path / "job.json")
    posted = EXAMPLE.read_text().replace("190", "0").replace(": 3,", ": 0,")
    posted = posted.replace("2014-03-08T16:57:17.507Z", "").replace("2014-03-01T00:10:15.957Z", "")
    (tmp_path / "job.json").write_text(posted)
    script = client_python("chronos", *CHRONOS).parent / "chronos-sync-jobs.py"
    async with running_jobs() as desk:
        first, second = [
            await run_client(script, "--hostname", address(desk), "--sync", str(tmp_path)) for _ in range(2)
        ]

    assert [f"Adding job camus_kafka2hdfs from file {tmp_path}/job.json"] == first
    assert [f"Job camus_kafka2hdfs defined in {tmp_path}/job.json is up-to-date on Chronos"] == second
