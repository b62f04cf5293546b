"""A framework in a page: keeps one sleeper alive, whatever dies. ``keep_one.py MASTERS CONTENT_TYPE FOLDER``.

Says a line for each thing that happens, for a test to wait for.
"""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import uuid4

from koinon_core.containers import CommandInfo
from koinon_core.frameworks import FrameworkInfo
from koinon_core.ids import TaskId
from koinon_core.offers import InverseOffer, Offer
from koinon_core.scheduler_api import ReconcileTask, Subscribed
from koinon_core.tasks import TaskStatus
from koinon_frameworks import (
    ContentType,
    DriverOptions,
    FrameworkIdFile,
    Scheduler,
    SchedulerCalls,
    WantedTask,
    match_tasks,
    run,
)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class KeepOne(Scheduler):
    """Its one record is a file with the id of its task."""

    def __init__(self, record: Path) -> None:
        self.record = record
        self.task_id = TaskId(record.read_text()) if record.exists() else None

    def known_tasks(self) -> list[ReconcileTask]:
        return [] if self.task_id is None else [ReconcileTask(task_id=self.task_id)]

    async def subscribed(self, driver: SchedulerCalls, event: Subscribed) -> None:
        say(f"SUBSCRIBED {event.framework_id}, knows {self.task_id}")

    async def disconnected(self, driver: SchedulerCalls, reason: str) -> None:
        say("DISCONNECTED")

    async def offers(self, driver: SchedulerCalls, offers: tuple[Offer, ...]) -> None:
        for offer in offers:
            say(f"OFFER {offer.id}")
            task_id = TaskId(f"sleeper-{uuid4()}")
            wanted = [WantedTask(name="sleeper", task_id=task_id, command=CommandInfo(value="sleep 1000"))]
            match = match_tasks(offer, wanted if self.task_id is None else [])
            if not match.tasks:
                await driver.decline([offer.id])
                continue
            self.task_id = task_id
            self.record.write_text(task_id)
            await driver.launch(offer, match.tasks)

    async def inverse_offers(self, driver: SchedulerCalls, inverse_offers: tuple[InverseOffer, ...]) -> None:
        say(f"ASKED TO LEAVE {len(inverse_offers)}")
        await driver.accept_inverse_offers(one.id for one in inverse_offers)

    async def update(self, driver: SchedulerCalls, status: TaskStatus) -> None:
        reason = "" if status.reason is None else status.reason.name
        say(f"UPDATE {status.task_id} {status.state.name} {reason}")


def main(masters: str, content_type: str, folder: str) -> None:
    """Run until a signal ends it."""
    name = content_type.lower()
    options = DriverOptions(
        content_type=ContentType[content_type], id_keeper=FrameworkIdFile(Path(folder) / f"{name}.id")
    )
    info = FrameworkInfo(user="root", name=name, failover_timeout=600.0, checkpoint=True)
    ending = run(KeepOne(Path(folder) / f"{name}.task"), info, masters, options)
    say(f"ENDED {ending.kind.name}")


if __name__ == "__main__":
    main(*sys.argv[1:4])
