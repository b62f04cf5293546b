"""Carries out one step of a plan: its source into a file, straight or by way of the cache, and what is made of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from koinon_daemon.confined import open_beneath

from ..sandboxes.placement import Placement
from .cache import Cache, Grow
from .cache_index import CacheKey
from .download import download
from .entries import Limits
from .errors import SourceRefused
from .extraction import Extraction
from .options import FetchOptions
from .plan import Archive, Step
from .sink import Sink, copy
from .threads import IsStopped, Threads

_WRITERS = 4
_EXTRACTORS = 2
_PART = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class Steps:
    """What steps are carried out with: the cache, and threads for what blocks."""

    def __init__(self, options: FetchOptions) -> None:
        self._options = options
        self._writers = Threads("fetcher-write", _WRITERS)
        self._extractors = Threads("fetcher-extract", _EXTRACTORS)
        self.cache = Cache(options.cache_dir, options.cache_size, self._writers)

    def close(self) -> None:
        """Let go of everything; nothing is waited for."""
        self.cache.close()
        self._writers.close()
        self._extractors.close()

    async def run(self, step: Step, placement: Placement, user: str | None) -> None:
        """Bring one URI into the sandbox. Raises FetcherError, Unplaceable and OSError."""
        if not step.is_cached:
            descriptor = placement.create(step.target)
            try:
                await self._bring(step, descriptor)
            finally:
                os.close(descriptor)
            if step.archive is not None:
                await self._extract(step, step.archive, lambda: placement.open(step.target), placement)
        else:
            async with self.cache.hold(
                CacheKey(user, step.key), lambda path, grow: self._fill(step, path, grow)
            ) as path:
                await self._take(step, path, placement)
        if step.is_executable:
            placement.make_executable(step.target)

    async def _take(self, step: Step, path: Path, placement: Placement) -> None:
        """Out of the cache: an archive is unpacked from there, and itself not copied."""
        if step.archive is not None:
            await self._extract(step, step.archive, lambda: os.open(path, os.O_RDONLY | os.O_CLOEXEC), placement)
            return
        await self._writers.run(lambda is_stopped: self._copy_cached(step, path, placement, is_stopped))

    def _copy_cached(self, step: Step, path: Path, placement: Placement, is_stopped: IsStopped) -> None:
        with open(path, "rb") as source, os.fdopen(placement.create(step.target), "wb") as target:
            copy(source.fileno(), Sink(target.fileno(), self._options.max_size, None), is_stopped)

    async def _fill(self, step: Step, path: Path, grow: Grow) -> None:
        descriptor = os.open(path, _PART, 0o600)
        try:
            await self._bring(step, descriptor, grow)
        finally:
            os.close(descriptor)

    async def _bring(self, step: Step, descriptor: int, grow: Grow = lambda _: None) -> None:
        """The source into an open file."""
        sink = Sink(descriptor, self._options.max_size, step.checksum)
        if step.is_local:
            await self._writers.run(lambda is_stopped: self._copy_local(step.source, sink, is_stopped))
            grow(sink.size)
            return

        async def write(work: Callable[[], None]) -> None:
            await self._writers.run(lambda _: work())
            grow(sink.size)

        await download(step.source, sink, self._options, write)

    def _copy_local(self, path: str, sink: Sink, is_stopped: IsStopped) -> None:
        source = self._open_local(path)
        try:
            problem = sink.find_size_problem(os.fstat(source).st_size)
            if problem is not None:
                raise SourceRefused(problem)
            copy(source, sink, is_stopped)
        finally:
            os.close(source)

    def _open_local(self, path: str) -> int:
        """A file beneath an allowed root. What lies elsewhere is not even said to be there."""
        for root in self._options.roots():
            wanted = PurePosixPath(path)
            if wanted.is_relative_to(root):
                source = open_beneath(root, str(wanted.relative_to(root)))
                if source is None:
                    raise SourceRefused(f"there is no such file beneath {root}")
                return source
        raise SourceRefused(
            "it is not beneath a directory that this agent fetches from "
            "(its operator names them by --fetcher_allowed_roots)"
        )

    async def _extract(self, step: Step, kind: Archive, open_: Callable[[], int], placement: Placement) -> None:
        limits = Limits(max_bytes=self._options.max_size)

        def extract(is_stopped: IsStopped) -> None:
            with os.fdopen(open_(), "rb") as archive:
                Extraction(placement, limits, is_stopped).run(archive, kind, step.target.name)

        await self._extractors.run(extract)
