"""What can go wrong in a sandbox."""

from attrs import frozen


@frozen
class Unplaceable(Exception):
    """A path leads through a link or a file: nothing is written there."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path!r} {self.reason}"
