"""Commands within running containers: one suite for Docker containers and for plain processes, real ones of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from attrs import frozen

from koinon_agent.containerizer import Launch, LaunchFailed, UnknownContainer
from koinon_agent.containerizer.interface import Containerizer
from koinon_agent.containerizer.process.containerizer import ProcessContainerizer
from koinon_agent.containerizer.session import Execution, Output, Session
from koinon_core.containers import CommandInfo, Environment
from koinon_core.ids import ContainerId
from support.processes import find_processes
from support.waiting import wait_until

SCRIPT = "while true; do sleep 1; done"
COMMAND = CommandInfo(value=SCRIPT, environment=Environment.of({"OF_TASK": "task", "CHANGED": "no"}))


@frozen
class Running:
    """A container that runs."""

    containerizer: Containerizer
    launch: Launch

    async def start(self, *argv: str, **changes: object) -> Session:
        """A session in it."""
        execution = Execution(argv=argv, **changes)  # type: ignore[arg-type]
        return await self.containerizer.execute(self.launch.container_id, execution)

    async def run(self, *argv: str, **changes: object) -> tuple[dict[Output, str], int | None]:
        """What a command says, and how it ends."""
        session = await self.start(*argv, **changes)
        said = await hear(session)
        code = await session.wait()
        await session.close()
        return said, code


async def hear(session: Session, until: str | None = None) -> dict[Output, str]:
    """All that a session says, or what it says up to a word."""
    said = dict.fromkeys(Output, "")
    while (heard := await session.read()) is not None:
        said[heard[0]] += heard[1].decode()
        if until is not None and until in said[heard[0]]:
            break
    return said


@pytest.fixture(params=["docker", "process"])
async def running(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Running]:
    """A container of each kind."""
    containerizer: Containerizer
    if request.param == "docker":
        containerizers = request.getfixturevalue("containerizers")
        launch = request.getfixturevalue("docker_launch")(SCRIPT, task={"command": COMMAND})
        async with containerizers() as containerizer:
            await containerizer.launch(launch)
            yield Running(containerizer, launch)
        return
    containerizer = ProcessContainerizer(tmp_path / "processes")
    launch = request.getfixturevalue("launch")(SCRIPT, command=COMMAND)
    await containerizer.launch(launch)
    yield Running(containerizer, launch)
    await containerizer.remove(launch.container_id)
    await containerizer.stop()


@pytest.mark.slow
async def test_a_command_runs_in_what_its_task_lives_in(running: Running) -> None:
    """Outputs come apart, the task's variables lie beneath one's own, exit code and input are the command's."""
    script = 'cat; echo "$OF_TASK $CHANGED $MESOS_EXECUTOR_ID"; echo wrong >&2; exit 7'
    said, code = await running.run("sh", "-c", script, environment={"CHANGED": "yes"})
    terminated = await running.run("sh", "-c", "kill -TERM $$")

    assert {Output.STDOUT: "task yes task-1\n", Output.STDERR: "wrong\n"} == said
    assert 7 == code
    assert 128 + 15 == terminated[1]

    # A cat answers while its input is open, takes more than a pipe holds, and ends with it.
    session = await running.start("cat", has_input=True)
    await session.write(b"hello\n")
    answered = await hear(session, until="hello\n")
    flood = b"x" * 1_000_000
    writing = asyncio.create_task(session.write(flood))
    heard = 0
    while heard < len(flood):
        piece = await session.read()
        heard += len(piece[1]) if piece is not None else len(flood)
    await writing
    await session.end_input()
    await session.write(b"nobody takes this any more")
    rest = await hear(session)

    assert "hello\n" == answered[Output.STDOUT]
    assert len(flood) == heard
    assert {Output.STDOUT: "", Output.STDERR: ""} == rest
    assert 0 == await session.wait()
    await session.close()


@pytest.mark.slow
async def test_a_terminal_has_a_size_and_an_end_of_input(running: Running) -> None:
    """A command at a terminal sees it, hears of its new size, and one output carries both of its own."""
    session = await running.start("sh", terminal=(33, 101), has_input=True)
    await session.write(b"stty size; echo begun-$((1+1)) >&2\n")
    before = await hear(session, until="begun-2")
    await session.resize(50, 132)
    await session.write(b"stty size; exit 7\n")
    after = await hear(session)

    assert "33 101" in before[Output.STDOUT]
    assert "50 132" in after[Output.STDOUT]
    assert "" == before[Output.STDERR] + after[Output.STDERR]
    assert 7 == await session.wait()
    await session.close()

    reader = await running.start("cat", terminal=(24, 80), has_input=True)
    await reader.end_input()
    await hear(reader)

    assert 0 == await reader.wait()
    await reader.close()


@pytest.mark.slow
async def test_a_command_ends_when_closed_and_with_its_container(running: Running) -> None:
    """Closed, it is killed with what it started, and its task lives on; what cannot start says why."""
    session = await running.start("sh", "-c", "sleep 7777 & sleep 7778 & echo begun; wait")
    await hear(session, until="begun")
    await session.close()

    assert 128 + 9 == await session.wait()
    started = ["7777", "7778"]
    await asyncio.to_thread(wait_until, lambda: not any(find_processes("sleep", one) for one in started), "their ends")
    assert ({Output.STDOUT: "on\n", Output.STDERR: ""}, 0) == await running.run("echo", "on")

    # No such program, an unknown container, and one that has ended are told apart.
    with pytest.raises(LaunchFailed) as no_program:
        await running.start("no-such-program")
    with pytest.raises(UnknownContainer):
        await running.containerizer.execute(ContainerId("nobody"), Execution(argv=["true"]))
    session = await running.start("sleep", "7779")
    await running.containerizer.kill(running.launch.container_id, 0)
    await running.containerizer.wait(running.launch.container_id)
    said = await hear(session)
    with pytest.raises(LaunchFailed) as ended:
        await running.start("true")

    assert "no-such-program" in no_program.value.reason
    assert {Output.STDOUT: "", Output.STDERR: ""} == said
    assert 128 + 9 == await session.wait()
    assert f"container {running.launch.container_id} does not run" == ended.value.reason
    await session.close()
