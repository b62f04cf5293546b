"""Allocators that other packages bring, behind entry points of group ``koinon.allocators`` (``--allocator NAME``).

The contract: the entry point names a callable that takes the master's config and a source of chance, and returns an
``interface.Allocator``. Only the one that is named is loaded.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from random import Random

from ..config import DEFAULT_ALLOCATOR, MasterConfig
from ..errors import AllocatorBroken, AllocatorUnknown
from .hierarchical import HierarchicalAllocator
from .interface import Allocator

GROUP = "koinon.allocators"


def make_allocator(config: MasterConfig, rng: Random) -> Allocator:
    """The allocator that the flags name. Raises AllocatorUnknown, and AllocatorBroken for whatever a plugin does."""
    if config.allocator == DEFAULT_ALLOCATOR:
        return HierarchicalAllocator(config, rng)
    points = {point.name: point for point in entry_points(group=GROUP)}
    if config.allocator not in points:
        raise AllocatorUnknown(config.allocator, (DEFAULT_ALLOCATOR, *sorted(points)))
    return _load(points[config.allocator], config, rng)


def _load(point: EntryPoint, config: MasterConfig, rng: Random) -> Allocator:
    try:
        make = point.load()
        made = make(config, rng)
    except Exception as error:
        raise AllocatorBroken(point.name, f"{point.value} raised {error!r}") from error
    if not isinstance(made, Allocator):
        raise AllocatorBroken(
            point.name, f"{point.value} gave {type(made).__name__}, which lacks verbs of an allocator"
        )
    return made
