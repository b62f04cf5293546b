"""Measures all containers now and then, for the master to be told what they use; not where it does not want to know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from random import Random

from koinon_core.ids import ContainerId
from koinon_core.statistics import ResourceStatistics

from .sampler import UsageSampler

INTERVAL_SECONDS = 20.0


async def watch_usage(
    sampler: UsageSampler,
    find_sandboxes: Callable[[], Mapping[ContainerId, str] | None],
    tell: Callable[[Mapping[ContainerId, ResourceStatistics]], None],
    rng: Random,
) -> None:
    """Measure until cancelled; ``find_sandboxes`` gives those of all containers, None where nobody wants to know.

    Agents that start together do not report together: each begins at a moment of its own.
    """
    await asyncio.sleep(rng.uniform(0, INTERVAL_SECONDS))
    while True:
        sandboxes = find_sandboxes()
        if sandboxes is not None:
            sampler.keep(sandboxes)
            tell(await sampler.measure_all(sandboxes))
        await asyncio.sleep(INTERVAL_SECONDS)
