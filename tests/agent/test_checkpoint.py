"""The agent's memory on disk: whatever was durable comes back, whatever was not does no harm."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakes.agent_bench import AGENT_ID, FRAMEWORK_ID, make_framework, make_settings, make_task
from fakes.volumes import create, reserved, volume
from koinon_agent.checkpoint.image import AgentImage
from koinon_agent.checkpoint.log import _KINDS, Checkpoint, encode_line, read_log
from koinon_agent.checkpoint.records import (
    AgentForgotten,
    AgentRegistered,
    ExecutorAccepted,
    ExecutorCame,
    ExecutorDismissed,
    ExecutorForgotten,
    FrameworkSeen,
    KillWanted,
    OperationAcknowledged,
    OperationEnded,
    Record,
    ResourcesConverted,
    SandboxAbandoned,
    SandboxDeleted,
    TaskAccepted,
    UpdateAcknowledged,
    UpdateAppended,
    VolumeDeleted,
)
from koinon_agent.errors import CorruptCheckpoint, WorkDirTaken, WorkDirUnusable
from koinon_core.agent_link import AgentOperation
from koinon_core.ids import ContainerId, ExecutorId, OperationId, TaskId, Uuid
from koinon_core.operations import OperationState, OperationStatus, UuidValue
from koinon_core.resources import Resources
from koinon_core.tasks import ExecutorInfo, TaskState, TaskStatus

T1 = TaskId("t1")


def make_update(number: int, state: TaskState) -> UpdateAppended:
    """An update whose uuid is that number."""
    return UpdateAppended(FRAMEWORK_ID, TaskStatus(task_id=T1, state=state, uuid=Uuid(number.to_bytes(16))))


def make_ack(number: int) -> UpdateAcknowledged:
    """Its acknowledgement."""
    return UpdateAcknowledged(framework_id=FRAMEWORK_ID, task_id=T1, uuid=Uuid(number.to_bytes(16)))


def make_end(number: int, doomed: dict[str, str]) -> OperationEnded:
    """The end of an operation of that number, which made a reservation and a volume."""
    uuid = Uuid(number.to_bytes(16))
    status = OperationStatus(
        state=OperationState.OPERATION_FINISHED, uuid=UuidValue(uuid), operation_id=OperationId("o")
    )
    operation = AgentOperation(uuid=uuid, operation=create(volume(number)), status=status, framework_id=FRAMEWORK_ID)
    made = reserved(f"cpus:{number}", "r") + Resources((volume(number),))
    return OperationEnded(operation=operation, converted=made, doomed=doomed)


STORY: list[Record] = [
    AgentRegistered(make_settings().info),
    FrameworkSeen(make_framework()),
    ExecutorAccepted(
        framework_id=FRAMEWORK_ID,
        executor=ExecutorInfo(executor_id=ExecutorId("e1")),
        container_id=ContainerId("c0"),
        sandbox="/w/c0",
    ),
    ExecutorAccepted(
        framework_id=FRAMEWORK_ID,
        executor=ExecutorInfo(executor_id=ExecutorId("e2")),
        container_id=ContainerId("c00"),
        sandbox="/w/c00",
    ),
    ExecutorForgotten(framework_id=FRAMEWORK_ID, executor_id=ExecutorId("e2")),
    TaskAccepted(
        framework_id=FRAMEWORK_ID, task=make_task(), container_id=ContainerId("c1"), sandbox="/w/c1", group="g"
    ),
    make_update(1, TaskState.TASK_STARTING),
    make_ack(1),
    make_update(2, TaskState.TASK_RUNNING),
    KillWanted(framework_id=FRAMEWORK_ID, task_id=T1, deadline=12.5, is_overdue=True),
    ExecutorCame(framework_id=FRAMEWORK_ID, executor_id=ExecutorId("e1")),
    ResourcesConverted(converted=Resources()),
    ExecutorDismissed(framework_id=FRAMEWORK_ID, executor_id=ExecutorId("e1"), deadline=12.5),
    SandboxAbandoned(sandbox="/w/old", at=3.0),
    make_end(1, {"x-0": "/w/volumes/roles/r/old"}),
    make_end(2, {}),
]
END: list[Record] = [make_ack(2), make_update(3, TaskState.TASK_KILLED), make_ack(3), SandboxDeleted("/w/old")]
END += [OperationAcknowledged(Uuid((1).to_bytes(16))), VolumeDeleted("x-0")]


def image_of(records: list[Record]) -> AgentImage:
    """What they add up to."""
    image = AgentImage()
    for record in records:
        image.apply(record)
    return image


@contextmanager
def opened(work_dir: Path) -> Iterator[Checkpoint]:
    """A checkpoint for a while."""
    checkpoint = Checkpoint(work_dir)
    try:
        checkpoint.open()
        yield checkpoint
    finally:
        checkpoint.close()


@contextmanager
def full_disk(path: Path, room: int) -> Iterator[None]:
    """Files can grow by ``room`` bytes beyond that one's length, and no further."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_story_has_records_of_every_kind() -> None:
    """So that what holds for the story, cut at every byte or told anew, holds for all of them."""
    assert set(_KINDS.values()) == {type(record) for record in [*STORY, *END, AgentForgotten(AGENT_ID)]}


def test_everything_comes_back(tmp_path: Path) -> None:
    """Records of every kind, in one batch or in many."""
    with opened(tmp_path) as checkpoint:
        checkpoint.append(STORY[:3])
        for record in STORY[3:]:
            checkpoint.append([record])

    with opened(tmp_path) as again:
        assert image_of(STORY) == again.image


def test_acknowledged_end_leaves_nothing() -> None:
    """A task whose end was acknowledged is forgotten; a burnt id takes all with it but what operations made."""
    image, burnt = image_of(STORY + END), image_of([*STORY, AgentForgotten(AGENT_ID)])

    assert ({}, {}, {}, {}) == (image.tasks, image.streams, image.abandoned, image.doomed)
    assert [Uuid((2).to_bytes(16))] == list(image.operations)
    assert ({"/w/old": 3.0}, {}, {}) == (burnt.abandoned, burnt.tasks, burnt.operations)
    assert make_end(2, {}).converted == burnt.converted


@pytest.mark.parametrize("length", range(len(STORY + END) + 1))
def test_image_is_its_records(length: int) -> None:
    """At any point of a story: written anew it says the same."""
    image = image_of((STORY + END)[:length])

    assert image == image_of(list(image.records()))


def test_framework_without_tasks_is_forgotten_between_two_lives(tmp_path: Path) -> None:
    """Within one life it stays, however often the log is written anew: its next task does not announce it again."""
    with opened(tmp_path) as checkpoint:
        checkpoint.append(STORY[:2])

        assert [make_framework()] == list(checkpoint.image.frameworks.values())

    with opened(tmp_path) as again:
        assert {} == again.image.frameworks


def test_flapping_task_does_not_grow() -> None:
    """Of acknowledged repeats of a state one is kept."""
    image = image_of(STORY[:3])
    for number in range(100):
        image.apply(make_update(number, TaskState.TASK_RUNNING))
        image.apply(make_ack(number))

    (stream,) = image.streams.values()

    assert (1, 1) == (len(stream.statuses), stream.acknowledged)


def test_what_is_only_noted_does_not_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in the file, so that a killed agent's successor finds it; the disk gets it with the next batch."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    with opened(tmp_path) as checkpoint:
        checkpoint.append(STORY[:3])
        checkpoint.note(STORY[3:])

    assert 1 == len(synced)
    with opened(tmp_path) as checkpoint:
        assert image_of(STORY) == checkpoint.image


def test_a_log_that_is_only_noted_is_written_anew_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that it is long, and is short again after."""
    monkeypatch.setattr("koinon_agent.checkpoint.log.COMPACT_ABOVE_BYTES", 10_000)
    with opened(tmp_path) as checkpoint:
        checkpoint.append(STORY[:3])
        while not checkpoint.is_long:
            checkpoint.note([make_update(1, TaskState.TASK_RUNNING), make_ack(1)])
        checkpoint.compact()

        assert not checkpoint.is_long
        assert (tmp_path / "meta" / "agent.log").stat().st_size < 10_000


def test_log_torn_at_any_byte_gives_what_was_durable(tmp_path: Path) -> None:
    """Cut anywhere, a log holds the batches that are whole; the torn one is dropped without a word."""
    path = tmp_path / "log"
    header = b"%s" % _header_of(tmp_path)
    batches = [encode_line([record]) for record in STORY]
    data = header + b"".join(batches)
    ends = [len(header) + sum(map(len, batches[:count])) for count in range(len(batches) + 1)]
    for cut in range(len(data) + 1):
        whole = sum(1 for end in ends[1:] if end <= cut)

        assert STORY[:whole] == read_log(path, data[:cut])


def _header_of(work_dir: Path) -> bytes:
    with opened(work_dir):
        return (work_dir / "meta/agent.log").read_bytes().splitlines(keepends=True)[0]


def test_torn_tail_is_cut_off_before_anything_is_appended(tmp_path: Path) -> None:
    """After a kill in mid-write the log goes on as if that write had never begun."""
    with opened(tmp_path) as checkpoint:
        checkpoint.append(STORY[:3])
    with (tmp_path / "meta/agent.log").open("ab") as log:
        log.write(encode_line(STORY[3:])[:-5])
    with opened(tmp_path) as checkpoint:
        checkpoint.append(STORY[3:])

    with opened(tmp_path) as again:
        assert image_of(STORY) == again.image


@pytest.mark.parametrize("line", [1, 2, 3])
def test_unreadable_record_stops_the_start_and_is_named(tmp_path: Path, line: int) -> None:
    """A flipped bit in a whole line is an error with path and line, and the log stays as it is."""
    with opened(tmp_path) as checkpoint:
        checkpoint.append(STORY)
    path = tmp_path / "meta/agent.log"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[line - 1] = lines[line - 1][:10] + bytes([lines[line - 1][10] ^ 1]) + lines[line - 1][11:]
    path.write_bytes(b"".join(lines))

    with pytest.raises(CorruptCheckpoint) as caught, opened(tmp_path):
        pass
    assert (path, line) == (caught.value.path, caught.value.line)
    assert b"".join(lines) == path.read_bytes()


def test_full_disk_loses_nothing(tmp_path: Path) -> None:
    """An append that fails has not happened; asked again when there is room it has, once."""
    with opened(tmp_path) as checkpoint:
        checkpoint.append(STORY[:2])
        with full_disk(tmp_path / "meta/agent.log", 20), pytest.raises(OSError, match="File too large"):
            checkpoint.append(STORY[2:])

        assert image_of(STORY[:2]) == checkpoint.image

        checkpoint.append(STORY[2:])

    with opened(tmp_path) as again:
        assert image_of(STORY) == again.image


def test_start_on_a_full_disk_goes_on_with_the_log_that_is_there(tmp_path: Path) -> None:
    """An agent that restarts while the disk is full is there again; what it writes comes after what was whole."""
    with opened(tmp_path) as checkpoint:
        checkpoint.append(STORY[:2])
    log = tmp_path / "meta/agent.log"
    with log.open("ab") as torn:
        torn.write(encode_line(STORY[2:])[:-5])
    (tmp_path / "meta/agent.new").mkdir()  # the new log has nowhere to go
    with opened(tmp_path) as checkpoint:
        (tmp_path / "meta/agent.new").rmdir()
        checkpoint.append(STORY[2:])

    with opened(tmp_path) as again:
        assert image_of(STORY) == again.image


def test_first_start_on_a_full_disk_is_refused(tmp_path: Path) -> None:
    """Where there is no log yet, there is nothing to serve on."""
    (tmp_path / "meta/agent.new").mkdir(parents=True)

    with pytest.raises(WorkDirUnusable, match="meta"), opened(tmp_path):
        pass


def test_log_is_written_anew_when_it_has_grown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its length follows what it says, not how often that changed."""
    monkeypatch.setattr("koinon_agent.checkpoint.log.COMPACT_ABOVE_BYTES", 10_000)
    with opened(tmp_path) as checkpoint:
        checkpoint.append(STORY[:3])
        for number in range(500):
            checkpoint.append([make_update(number, TaskState.TASK_RUNNING), make_ack(number)])
        expected = checkpoint.image

        assert (tmp_path / "meta/agent.log").stat().st_size < 12_000

    with opened(tmp_path) as again:
        assert expected == again.image


def test_log_that_cannot_be_written_anew_serves_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk too full to compact still takes each record, once."""
    with opened(tmp_path) as checkpoint:
        checkpoint.append(STORY[:3])
        monkeypatch.setattr("koinon_agent.checkpoint.log.COMPACT_ABOVE_BYTES", 0)
        (tmp_path / "meta/agent.new").mkdir()
        checkpoint.append(STORY[3:])
        (tmp_path / "meta/agent.new").rmdir()

    with opened(tmp_path) as again:
        assert image_of(STORY) == again.image


def test_work_dir_has_one_agent(tmp_path: Path) -> None:
    """A second agent on the same work directory is refused."""
    with opened(tmp_path), pytest.raises(WorkDirTaken), opened(tmp_path):
        pass


def test_unusable_work_dir_is_named(tmp_path: Path) -> None:
    """A file where the directory should be is an error that says so."""
    (tmp_path / "meta").write_text("")

    with pytest.raises(WorkDirUnusable, match="meta"), opened(tmp_path):
        pass
