"""Which disks become volumes (marathon-semantics 12.5 and 13)."""

from __future__ import annotations

import pytest

from koinon_core.resources import Disk, DiskSource, DiskSourceType, Kind, Resource, Resources, scalar
from koinon_core.scalars import Scalar
from koinon_marathon.definition.volumes import DiskType, PersistentInfo
from koinon_marathon.launch.disks import DiskShortage, WantedVolume, choose_disks

PATH, MOUNT = DiskSourceType.PATH, DiskSourceType.MOUNT


def disk(size: int, kind: DiskSourceType, root: str, profile: str | None = None) -> Resource:
    """A disk of an offer that is not the agent's own."""
    source = DiskSource(type=kind, root=root, profile=profile)
    return Resource(Kind(name="disk", disk=Disk(source=source)), Scalar.of(size))


OFFERED = Resources(
    (
        scalar("disk", 500),
        disk(100, PATH, "/small"),
        disk(300, PATH, "/large"),
        disk(100, MOUNT, "/m100"),
        disk(200, MOUNT, "/m200"),
        disk(400, MOUNT, "/m400"),
        disk(50, MOUNT, "/fast", "fast"),
    )
)


def choose(**info: object) -> str:
    """Where a volume of this description goes and how large it is, or why nowhere."""
    wanted = PersistentInfo(**info)  # type: ignore[arg-type]
    found = choose_disks(OFFERED, (WantedVolume("data", wanted),))
    if isinstance(found, DiskShortage):
        return str(found)
    (chosen,) = found
    return f"{chosen.source.root if chosen.source else 'root'} {chosen.resource.value}"


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"size": 64}, "root 64"),
        ({"size": 64, "type": DiskType.PATH}, "/large 64"),
        ({"size": 150, "type": DiskType.MOUNT}, "/m200 200"),
        ({"size": 20, "type": DiskType.MOUNT}, "/m100 100"),
        ({"size": 20, "type": DiskType.MOUNT, "profile_name": "fast"}, "/fast 50"),
        ({"size": 64, "type": DiskType.PATH, "constraints": (("path", "LIKE", "/s.*"),)}, "/small 64"),
        ({"size": 64, "type": DiskType.MOUNT, "constraints": (("path", "UNLIKE", "/m[12].*"),)}, "/m400 400"),
    ],
)
def test_the_disk_that_suits_is_taken(info: dict[str, object], expected: str) -> None:
    """Of directories the largest, of mounted disks the smallest that holds it and as a whole, each of the profile."""
    assert expected == choose(**info)


@pytest.mark.parametrize(
    ("info", "why"),
    [
        ({"size": 600}, "600 MiB of a root disk wanted, the largest free one has 500"),
        (
            {"size": 150, "max_size": 180, "type": DiskType.MOUNT},
            "150 MiB of a mount disk wanted, at most 180 MiB, the largest free one has 400",
        ),
        (
            {"size": 10, "type": DiskType.PATH, "profile_name": "fast"},
            "10 MiB of a path disk wanted, and a disk has profile none, fast is wanted",
        ),
        (
            {"size": 10, "type": DiskType.PATH, "constraints": (("path", "LIKE", "/x"),)},
            "10 MiB of a path disk wanted, and path LIKE /x: the agent has /small, which does not match",
        ),
    ],
)
def test_a_shortage_says_what_there_is(info: dict[str, object], why: str) -> None:
    """Size, profile and constraints are named with what the offer has."""
    assert f"volume data: {why}" == choose(**info)


def test_two_volumes_take_two_disks() -> None:
    """What one volume took is not there for the next."""
    wanted = PersistentInfo(size=300, type=DiskType.PATH)
    found = choose_disks(OFFERED, (WantedVolume("a", wanted), WantedVolume("b", wanted)))

    assert isinstance(found, DiskShortage)
    assert "volume b: 300 MiB of a path disk wanted, the largest free one has 100" == str(found)
