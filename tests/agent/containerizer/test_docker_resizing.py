"""What an engine is asked so that a container that runs has other cpus and other memory, and which volumes it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from koinon_agent.containerizer import PersistentVolume, VolumeAddition
from koinon_agent.containerizer.docker.request.mounts import find_missing_mount
from koinon_agent.containerizer.docker.request.resizing import resize_settings
from koinon_core.ids import ContainerId

MB = 1 << 20
HELD = {"CpuShares": 512, "CpuQuota": 0, "NanoCpus": 0, "Memory": 64 * MB, "MemorySwap": 128 * MB}
QUOTA = {"CpuQuota": 50_000, "CpuPeriod": 100_000}


@pytest.mark.parametrize(
    ("wanted", "host", "expected"),
    [
        ({"CpuShares": 512, "Memory": 64 * MB}, {**HELD, "MemoryReservation": 64 * MB}, {}),
        (
            {"CpuShares": 1024, "Memory": 96 * MB},
            HELD,
            {"CpuShares": 1024, "MemoryReservation": 96 * MB, "Memory": 96 * MB, "MemorySwap": 192 * MB},
        ),
        ({"CpuShares": 512, "Memory": 48 * MB}, HELD, {"MemoryReservation": 48 * MB}),
        ({"Memory": 96 * MB}, {"Memory": 64 * MB, "MemorySwap": -1}, {"MemoryReservation": 96 * MB, "Memory": 96 * MB}),
        (
            {"Memory": 96 * MB},
            {"Memory": 64 * MB, "MemorySwap": 74 * MB},
            {"MemoryReservation": 96 * MB, "Memory": 96 * MB, "MemorySwap": 106 * MB},
        ),
        ({"Memory": 96 * MB}, {"Memory": 0}, {"MemoryReservation": 96 * MB}),
        (
            {"MemoryReservation": 96 * MB},
            {"Memory": 64 * MB},
            {"MemoryReservation": 96 * MB, "Memory": 1024 * MB},
        ),
        ({"CpuShares": 512, **QUOTA}, {"CpuShares": 512}, QUOTA),
        ({"CpuShares": 512}, {"CpuShares": 512, **QUOTA}, {"CpuQuota": -1}),
        ({"CpuShares": 512, **QUOTA}, {"CpuShares": 2, "NanoCpus": 5}, {"CpuShares": 512}),
        ({}, {"CpuShares": 512}, {"CpuShares": 2}),
        ({}, {}, {}),
    ],
    ids=[
        "the same",
        "more",
        "less",
        "unlimited swap",
        "its own swap",
        "never limited",
        "limited no more",
        "a quota",
        "no quota any more",
        "cpus of its own word",
        "nothing left",
        "nothing at all",
    ],
)
def test_what_is_asked(wanted: dict[str, int], host: dict[str, int], expected: dict[str, int]) -> None:
    """Only what changes; the limit of memory goes up alone, with its swap, and the soft one both ways."""
    assert expected == resize_settings(wanted, host, 1024 * MB)


def test_a_volume_that_is_not_mounted_is_named() -> None:
    """What the container was started with is there; a Docker container is given no other while it runs."""

    def find(*paths: str) -> str | None:
        volumes = tuple(PersistentVolume(path=Path("/volumes", path), container_path=path) for path in paths)
        addition = VolumeAddition(container_id=ContainerId("c"), sandbox=Path("/sandbox"), volumes=volumes)
        return find_missing_mount(addition, [{"Source": "/volumes/data", "Destination": "/mnt/mesos/sandbox/data"}])

    assert find("data") is None
    assert "cannot be given the persistent volume at 'more'" in (find("data", "more") or "")
