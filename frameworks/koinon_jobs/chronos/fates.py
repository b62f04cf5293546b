"""What becomes of each field of Chronos's JSON, as people are told: in docs/jobs.md and with each answer."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

import attrs

from .codec import CODEC
from .definition import ChronosJob


class Fate(Enum):
    """What becomes of a field."""

    USED = "used"
    """It means what it meant."""
    KEPT = "kept"
    """It comes back as it was posted, and has no effect."""
    COUNTED = "counted"
    """What is posted is passed over; what comes back is counted here."""
    REFUSED = "refused"
    """Anything but its default is refused: the job would do something else here."""


@attrs.frozen
class Telling:
    """A field's fate, and where a Job says the same."""

    fate: Fate
    text: str


_COUNTS: Final = Telling(Fate.COUNTED, "told by the job's own history")

FATES: Final[Mapping[str, Telling]] = {
    "name": Telling(Fate.USED, "`name`"),
    "command": Telling(Fate.USED, "`command`; an `http(s)` or `ftp` address is fetched and run"),
    "shell": Telling(Fate.USED, "`shell`"),
    "arguments": Telling(Fate.USED, "`arguments`: with `shell` false the whole argv, argv[0] included; else kept only"),
    "schedule": Telling(Fate.USED, "`schedule.repeating`; without it and `parents` the job runs once, now"),
    "scheduleTimeZone": Telling(
        Fate.USED, "`schedule.timeZone`; in place of the offset in `schedule`; Java's names too"
    ),
    "epsilon": Telling(Fate.USED, "`startWindowSeconds`; without it a run may start until the next is due"),
    "parents": Telling(Fate.USED, "`schedule.parents`"),
    "executor": Telling(Fate.REFUSED, "custom executors don't run jobs"),
    "executorFlags": Telling(Fate.KEPT, "there is no executor that would read it"),
    "taskInfoData": Telling(Fate.KEPT, "the same"),
    "retries": Telling(Fate.USED, "`retries`, a minute apart"),
    "owner": Telling(Fate.USED, "`owner`; nobody is sent mail"),
    "ownerName": Telling(Fate.USED, "`ownerName`"),
    "description": Telling(Fate.USED, "`description`"),
    "async": Telling(Fate.KEPT, "a run is over when its command is"),
    "cpus": Telling(Fate.USED, "`cpus`; 0.1 for none or 0"),
    "mem": Telling(Fate.USED, "`mem`; 128 for none or 0"),
    "disk": Telling(Fate.USED, "`disk`; 256 for none or 0"),
    "disabled": Telling(Fate.USED, "`enabled`, the other way round"),
    "concurrent": Telling(Fate.USED, "`overlap`: ALLOW for true, SKIP for false"),
    "softError": Telling(Fate.USED, "`softError`"),
    "highPriority": Telling(Fate.KEPT, "runs start in the order of their times"),
    "dataProcessingJobType": Telling(Fate.KEPT, "progress is counted for any job"),
    "dataJob": Telling(Fate.KEPT, "the same"),
    "maxCompletionTime": Telling(Fate.USED, "`maxRunTimeSeconds`"),
    "uris": Telling(Fate.USED, "`uris`; given back as `fetch` too"),
    "fetch": Telling(Fate.USED, "`uris`"),
    "environmentVariables": Telling(Fate.USED, "`environment`"),
    "runAsUser": Telling(Fate.USED, "`user`"),
    "container": Telling(Fate.USED, "`container`; ports and protocols of `networkInfos` have no effect, as in Chronos"),
    "constraints": Telling(Fate.USED, "`constraints`: EQUALS is IS"),
    "successCount": _COUNTS,
    "errorCount": _COUNTS,
    "lastSuccess": _COUNTS,
    "lastError": _COUNTS,
    "errorsSinceLastSuccess": _COUNTS,
}


def without_effect(given: ChronosJob) -> list[str]:
    """The fields that say something and are only kept."""
    blank, said = CODEC.write(ChronosJob(name=given.name)), CODEC.write(given)
    return [name for name, telling in FATES.items() if telling.fate is Fate.KEPT and said.get(name) != blank.get(name)]


def passed_over(body: Mapping[str, Any]) -> list[str]:
    """The members of a body that are not taken at all: unknown ones, and what is counted here."""
    counted = [name for name in body if name in FATES and FATES[name].fate is Fate.COUNTED and body[name]]
    return [*counted, *CODEC.unknown_members(body, ChronosJob)]
