"""What can go wrong with the UI's bundle."""

from attrs import frozen


class WebError(Exception):
    """The root of this package's errors."""


@frozen
class BundleMissing(WebError):
    """There is no bundle, or not a whole one; ``why`` is for a person."""

    why: str

    def __str__(self) -> str:
        return f"The web UI has not been built ({self.why}). In a checkout `./dev setup` builds it."


class ReaderLeft(WebError):
    """Whoever read a stream is gone, or has taken nothing of it for too long."""
