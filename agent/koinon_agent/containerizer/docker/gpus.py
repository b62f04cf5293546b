"""Which gpus are whose, so that no two containers get the same. Pure: an engine would give out the first each time.

Owns the choice. The devices are those of ``--nvidia_gpu_devices``, else counted from 0; how many there are to give
out is the resources' affair, and the master's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, islice

from koinon_core.ids import ContainerId


class GpuBook:
    """The gpus that are taken, by container."""

    def __init__(self, devices: Sequence[str] = ()) -> None:
        self._devices = tuple(devices)
        self._taken: dict[ContainerId, tuple[str, ...]] = {}

    def take(self, container_id: ContainerId, number: int) -> tuple[str, ...] | None:
        """That many gpus that nobody has, from now on the container's; None where there are not so many."""
        chosen = tuple(islice(self._free(), number))
        if len(chosen) < number:
            return None
        if chosen:
            self._taken[container_id] = chosen
        return chosen

    def note(self, container_id: ContainerId, label: str) -> None:
        """A container from before has these, as its label says."""
        if label:
            self._taken[container_id] = tuple(label.split(","))

    def give_back(self, container_id: ContainerId) -> None:
        """The container needs none any more."""
        self._taken.pop(container_id, None)

    def _free(self) -> Iterator[str]:
        taken = {device for devices in self._taken.values() for device in devices}
        every: Iterator[str] = iter(self._devices) if self._devices else map(str, count())
        return (device for device in every if device not in taken)
