"""What is remembered of containers without a parent: whole, until they are removed, and never nobody's."""

from __future__ import annotations

from pathlib import Path

from koinon_agent.containerizer import Ended
from koinon_agent.standalone.records import StandaloneRecord, StandaloneRecords
from koinon_core.ids import ContainerId
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import UNLIMITED

ONE, OTHER = ContainerId("one"), ContainerId("other")


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """All of it, and the later word in place of the earlier; what was removed is forgotten."""
    records = StandaloneRecords(tmp_path)
    ended = Ended(container_id=ONE, message="m", exit_code=3)
    last = StandaloneRecord(
        container_id=ONE,
        user="root",
        resources=parse_resources("cpus:1;mem:64"),
        limits={"mem": UNLIMITED},
        ended=ended,
    )
    records.write(StandaloneRecord(container_id=ONE))
    records.write(StandaloneRecord(container_id=OTHER))
    records.write(last)
    records.remove(OTHER)
    records.remove(OTHER)

    assert [last] == StandaloneRecords(tmp_path).read_all()


def test_there_may_be_none(tmp_path: Path) -> None:
    """A work directory that never had any is no error."""
    assert [] == StandaloneRecords(tmp_path).read_all()


def test_a_file_that_cannot_be_read_is_still_somebodys(tmp_path: Path) -> None:
    """Its name is the container's: that one is looked for, and can be ended. A half-written new file is nothing."""
    records = StandaloneRecords(tmp_path)
    records.write(StandaloneRecord(container_id=ONE, user="root"))
    (tmp_path / "meta/containers/one").write_bytes(b'{"container_id":')
    (tmp_path / "meta/containers/.new").write_bytes(b"{")

    assert [StandaloneRecord(container_id=ONE)] == records.read_all()
