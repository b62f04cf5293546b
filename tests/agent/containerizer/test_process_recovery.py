"""Processes outlive the agent that started them, and the next one knows them for what they are."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from koinon_agent.containerizer import KnownContainer, Launch
from koinon_agent.containerizer.process.containerizer import ProcessContainerizer
from koinon_agent.containerizer.process.record import ProcessRecord, ProcessRecords, read_boot_id, read_start_time
from koinon_agent.containerizer.process.supervisor import Command, Supervisor
from koinon_core.ids import AgentId, ContainerId
from support.processes import Child
from support.waiting import wait_until

Launcher = Callable[..., Launch]

AGENT = """
import asyncio, pickle, sys
from pathlib import Path
from koinon_agent.containerizer.process.containerizer import ProcessContainerizer

async def main():
    containerizer = ProcessContainerizer(Path(sys.argv[1]))
    for launch in pickle.loads(Path(sys.argv[2]).read_bytes()):
        await containerizer.launch(launch)
    print("launched", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def launch_elsewhere(tmp_path: Path, state_dir: Path, *launches: Launch) -> Child:
    """Another process launches them, as an agent does."""
    plan = tmp_path / "launches"
    plan.write_bytes(pickle.dumps(launches))
    return Child([sys.executable, "-c", AGENT, str(state_dir), str(plan)], tmp_path / "agent.log")


@pytest.mark.slow
async def test_processes_survive_the_death_of_their_agent(tmp_path: Path, launch: Launcher) -> None:
    """After kill -9 of the agent the next one waits for what lives, kills it, and hears how others ended."""
    waits = "while [ ! -e go ]; do sleep 0.02; done"
    one, two, three = launch(f"{waits}; echo done; exit 4"), launch("exit 6"), launch("sleep 600")
    with launch_elsewhere(tmp_path, tmp_path / "state", one, two, three) as agent:
        await asyncio.to_thread(agent.wait_line, "launched")
        await asyncio.to_thread(agent.kill)
    records = ProcessRecords(tmp_path / "state")
    await asyncio.to_thread(wait_until, lambda: records.read_exit_status(two.container_id), "end of the second")
    containerizer = ProcessContainerizer(tmp_path / "state")
    recovered = await containerizer.recover([KnownContainer(x.container_id, x.sandbox) for x in (one, two, three)])
    (one.sandbox / "go").touch()
    await containerizer.kill(three.container_id, 600)
    first, third = await asyncio.gather(*(containerizer.wait(x.container_id) for x in (one, three)))
    await containerizer.stop()

    assert [one.container_id, three.container_id] == [run.container_id for run in recovered.live]
    assert [(two.container_id, 6)] == [(ended.container_id, ended.exit_code) for ended in recovered.ended]
    assert (4, signal.SIGTERM) == (first.exit_code, third.signal)
    assert "done\n" == (one.sandbox / "stdout").read_text()


@pytest.fixture
def record(launch: Launcher) -> ProcessRecord:
    """This very test process, written down as if a containerizer had started it."""
    wanted = launch("true")
    return ProcessRecord(
        container_id=wanted.container_id,
        framework_id=wanted.framework_id,
        agent_id=wanted.agent_id,
        executor_id=wanted.executor_id,
        task_id=wanted.task_id,
        pid=os.getpid(),
        start_time=read_start_time(os.getpid()) or 0,
        boot_id=read_boot_id(),
        started_at=0.0,
    )


async def recover(state_dir: Path, record: ProcessRecord) -> tuple[int, int, int]:
    """How many are live, ended and gone once a containerizer has recovered what is written down."""
    records = ProcessRecords(state_dir)
    descriptor = records.create(record.container_id)
    os.write(descriptor, b"begun\n")
    os.close(descriptor)
    records.write(record)
    containerizer = ProcessContainerizer(state_dir)
    found = await containerizer.recover([KnownContainer(record.container_id, state_dir)])
    await containerizer.stop()
    return len(found.live), len(found.ended), len(found.gone)


async def test_a_pid_used_again_is_not_taken_for_ours(tmp_path: Path, record: ProcessRecord) -> None:
    """The start time must match too: what was started at another time is another process."""
    assert (1, 0, 0) == await recover(tmp_path / "same", record)
    assert (0, 1, 0) == await recover(tmp_path / "other", evolve(record, start_time=record.start_time - 1))


async def test_what_ran_before_a_reboot_is_gone(tmp_path: Path, record: ProcessRecord) -> None:
    """After a reboot no pid means anything, and nobody knows how those processes ended."""
    assert (0, 0, 1) == await recover(tmp_path / "state", evolve(record, boot_id="another"))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"of": "another version"}'])
async def test_a_record_that_cannot_be_read_does_not_stop_the_start(
    tmp_path: Path, record: ProcessRecord, content: bytes
) -> None:
    """A power cut may leave an empty one: what it was about is gone, and so is its directory."""
    (tmp_path / record.container_id).mkdir()
    (tmp_path / record.container_id / "record.json").write_bytes(content)
    containerizer = ProcessContainerizer(tmp_path)
    found = await containerizer.recover([KnownContainer(record.container_id, tmp_path)])
    orphans = await containerizer.orphans(AgentId(str(record.agent_id)))
    await containerizer.stop()

    assert ((), (), (record.container_id,), []) == (found.live, found.ended, found.gone, orphans)
    assert [] == ProcessRecords(tmp_path).names()


@pytest.mark.parametrize("said", [b"\xff\xfe\n", "²\n".encode(), b"9" * 5000 + b"\n"])
def test_what_a_command_makes_of_its_exit_status_harms_it_alone(
    tmp_path: Path, record: ProcessRecord, said: bytes
) -> None:
    """It can write to what its supervisor writes to: then nobody knows how it ended, and the agent goes on."""
    records = ProcessRecords(tmp_path)
    os.close(records.create(record.container_id))
    with (tmp_path / record.container_id / "exit").open("ab") as file:
        file.write(b"begun\n" + said + b"x" * 5000)

    assert records.has_begun(record.container_id)
    assert records.read_exit_status(record.container_id) is None


@pytest.mark.parametrize(("said", "expected"), [("", (0, 0, 1)), ("wait", (0, 0, 1)), ("go", (0, 1, 0))])
async def test_what_was_never_told_to_begin_is_gone(
    tmp_path: Path, launch: Launcher, record: ProcessRecord, said: str, expected: tuple[int, int, int]
) -> None:
    """An agent that dies between the record of a process and its word to begin leaves nothing that ran; one that dies
    right after that word leaves a process that did.
    """
    records, ran = ProcessRecords(tmp_path / "state"), tmp_path / "ran"
    wanted = Command(argv=["/bin/touch", str(ran)], folder=tmp_path, environment={})
    descriptor = records.create(record.container_id)
    supervisor = Supervisor(wanted, descriptor)
    os.close(descriptor)
    records.write(evolve(record, pid=supervisor.pid, start_time=read_start_time(supervisor.pid) or 0))
    supervisor._say(said)
    supervisor.abandon()
    containerizer = ProcessContainerizer(tmp_path / "state")
    found = await containerizer.recover([KnownContainer(record.container_id, tmp_path)])
    await containerizer.stop()

    assert expected == (len(found.live), len(found.ended), len(found.gone))
    assert bool(found.ended) == ran.exists()
    assert bool(found.gone) == (records.names() == [])


def test_half_an_exit_status_is_none(tmp_path: Path) -> None:
    """Only a whole line counts, so that a full disk does not turn 127 into 12."""
    records, name = ProcessRecords(tmp_path), ContainerId("one")
    descriptor = records.create(name)
    seen = []
    for part in (b"", b"begun\n", b"12", b"7\n"):
        os.write(descriptor, part)
        seen.append((records.has_begun(name), records.read_exit_status(name)))
    os.close(descriptor)

    assert [(False, None), (True, None), (True, None), (True, 127)] == seen


def test_status_that_an_earlier_version_left_is_read(tmp_path: Path) -> None:
    """It wrote nothing but the status: what it started had begun."""
    records, name = ProcessRecords(tmp_path), ContainerId("one")
    (tmp_path / name).mkdir()
    seen = []
    for text in ("", "0\n"):
        (tmp_path / name / "exit").write_text(text)
        seen.append((records.has_begun(name), records.read_exit_status(name)))

    assert [(True, None), (True, 0)] == seen
