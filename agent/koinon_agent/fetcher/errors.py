"""What can go wrong while a sandbox is filled."""

from pathlib import Path

from attrs import frozen

from ..errors import AgentError


@frozen
class FetcherError(Exception):
    """The root of the errors of one fetch."""

    def __str__(self) -> str:
        return self.__class__.__name__


@frozen
class FetchFailed(FetcherError):
    """A URI could not be brought into the sandbox. ``reason`` names it and is for the people who asked for it."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@frozen
class SourceRefused(FetcherError):
    """What a URI leads to is not allowed, not there or not what was promised: a sentence without the URI."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@frozen
class ExtractionRefused(FetcherError):
    """An archive is broken, or holds what must not get into a sandbox; ``reason`` names the entry."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@frozen
class FetchStopped(FetcherError):
    """Nobody wants the result any more: the thread at work on it ends."""


@frozen
class CacheUnusable(AgentError):
    """The caller's fault: the directory of fetched files can't be used."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"--fetcher_cache_dir: {self.path} can't be used: {self.why}"
