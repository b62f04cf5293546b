"""What the store kept of former leaders' times: versions, launches, the last failure. Where each timeline begins anew.

How instances ended that are no more, and which offers were declined, died with the leader who knew.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from ..definition.path_ids import PathId
from ..definition.run_specs import RunSpec
from ..events import Restored
from ..instance.instances import Instance, TaskFailure
from ..queries.waiting import describe_failure
from ..timestamps import format_timestamp
from .book import TimelineBook
from .entries import Entry, Kind, SpecChange, Tone

MOST = 100
"""Entries of one app: the newest."""


def record_restored(book: TimelineBook, event: Restored) -> None:
    """Begin every timeline with what the store says, in the order of time."""
    found: dict[PathId, list[Entry]] = {}
    for path, versions in event.versions.items():
        found.setdefault(path, []).extend(_versions(versions))
    for instance in event.instances:
        found.setdefault(instance.spec_id, []).extend(_launches(instance))
    for failure in event.failures:
        found.setdefault(failure.spec_id, []).append(_failure(failure))
    for path, entries in found.items():
        for entry in sorted(entries, key=lambda each: each.at)[-MOST:]:
            book.add(path, entry)


def _versions(versions: Iterable[RunSpec]) -> Iterator[Entry]:
    ordered = sorted(versions, key=lambda each: each.version)
    for old, new in pairwise((None, *ordered)):
        if new is not None:
            yield Entry(
                at=new.version.timestamp(),
                kind=Kind.REQUEST,
                text="the oldest version that is kept" if old is None else "changed",
                change=SpecChange(old, new),
                is_restored=True,
                version=format_timestamp(new.version),
            )


def _launches(instance: Instance) -> Iterator[Entry]:
    version = format_timestamp(instance.version)
    for task in instance.tasks:
        host = task.placement.hostname
        for at, kind, text in (
            (task.staged_at, Kind.LAUNCH, f"an instance launched on {host}"),
            (task.started_at, Kind.STATUS, f"TASK_RUNNING on {host}"),
        ):
            if at is not None:
                yield Entry(
                    at=at,
                    kind=kind,
                    text=text,
                    tone=Tone.GOOD if kind is Kind.STATUS else Tone.PLAIN,
                    is_restored=True,
                    instance=instance.id,
                    task=task.id,
                    agent=task.agent_id,
                    host=host,
                    version=version,
                )


def _failure(failure: TaskFailure) -> Entry:
    return Entry(
        at=failure.at,
        kind=Kind.STATUS,
        text=describe_failure(failure),
        tone=Tone.BAD,
        is_restored=True,
        task=failure.task_id,
        agent=failure.agent_id,
        host=failure.host or None,
        version=format_timestamp(failure.version),
    )
