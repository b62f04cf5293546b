"""An update of a group as somebody wrote it: marathon-v2-api 6. What it makes of a tree is `changes.group_changes`."""

from datetime import datetime

import attrs

from .legacy import Submission


@attrs.frozen(kw_only=True)
class GroupUpdate:
    """The fields a body gave; `None` means not said. Ids may be relative: to the group that holds this one."""

    id: str | None = None
    apps: tuple[Submission, ...] | None = None
    groups: tuple["GroupUpdate", ...] | None = None
    dependencies: tuple[str, ...] | None = None
    scale_by: float | None = None
    version: datetime | None = None
    enforce_role: bool | None = None

    @property
    def is_alone(self) -> bool:
        """Whether it says one thing at most."""
        return sum(value is not None for value in attrs.asdict(self, recurse=False).values()) <= 1
