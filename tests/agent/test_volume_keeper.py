"""Directories of volumes: made and deleted in their place, whatever instant the agent dies at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from fakes.volumes import volume
from koinon_agent.instructions import DeleteVolume
from koinon_agent.resources.disks import Disks, find_disk_problem
from koinon_agent.resources.volume_keeper import VolumeKeeper
from koinon_core.resources import Disk, DiskSource, DiskSourceType, Kind, Persistence, Resource, Resources
from koinon_core.scalars import Scalar


def volume_on(kind: DiskSourceType, root: str) -> Resource:
    """A volume on a disk that is not the root disk."""
    made = volume(10)
    disk = evolve(made.kind.disk or Disk(), source=DiskSource(type=kind, root=root))
    return Resource(evolve(made.kind, disk=disk), made.value)


def disk_at(kind: DiskSourceType, root: str, vendor: str) -> Kind:
    """A disk that flags give."""
    return Kind(name="disk", disk=Disk(source=DiskSource(type=kind, root=root, vendor=vendor)))


@pytest.fixture
def keeper(tmp_path: Path) -> VolumeKeeper:
    """On a work directory of its own."""
    return VolumeKeeper(tmp_path)


def test_a_roles_slashes_are_spaces(keeper: VolumeKeeper, tmp_path: Path) -> None:
    """As Mesos lays volumes out."""
    assert tmp_path / "volumes/roles/eng web/v" == keeper.find(volume(1, role="eng/web").kind)


async def test_a_volume_is_made_once_and_deleted_with_all_that_is_in_it(keeper: VolumeKeeper, tmp_path: Path) -> None:
    """Making it again keeps the data; deleting it leaves others of the role alone."""
    place, other = keeper.find(volume(1).kind), keeper.find(volume(1, "other").kind)
    for one in (place, other):
        keeper.make(str(one))
        (one / "sub").mkdir()
        (one / "sub" / "file").write_text("kept")
        keeper.make(str(one))

    assert await keeper.delete(DeleteVolume(path=str(place), trash="x"))
    keeper.clear("x")
    assert not place.exists()
    assert [] == list((tmp_path / "volumes/deleted").iterdir())
    assert "kept" == (other / "sub" / "file").read_text()


async def test_a_new_volume_of_the_name_is_safe_from_an_old_deletion(keeper: VolumeKeeper) -> None:
    """The agent died before it remembered that the deletion was done; doing it again touches nothing new."""
    place, order = keeper.find(volume(1).kind), DeleteVolume(path=str(keeper.find(volume(1).kind)), trash="x")
    keeper.make(str(place))
    await keeper.delete(order)
    keeper.make(str(place))
    (place / "new").write_text("kept")
    await keeper.delete(order)

    assert "kept" == (place / "new").read_text()


async def test_a_deletion_that_was_never_begun_is_done_at_the_next_start(keeper: VolumeKeeper) -> None:
    """The agent died with destruction and creation both remembered: what is old goes before anything is made anew."""
    place = keeper.find(volume(1).kind)
    keeper.make(str(place))
    (place / "old").write_text("secret")
    await keeper.delete(DeleteVolume(path=str(place), trash="x"))
    keeper.make(str(place))

    assert [] == list(place.iterdir())


async def test_a_mounted_disk_is_one_volume(tmp_path: Path) -> None:
    """Its data lie at its root, and go from there without the disk itself going, or what belongs to its file system."""
    given = volume_on(DiskSourceType.MOUNT, str(tmp_path / "mnt"))
    keeper = VolumeKeeper(tmp_path / "work", Disks.of(tmp_path / "work", Resources((given,))))
    mount = tmp_path / "mnt"
    (mount / "lost+found").mkdir(parents=True)
    keeper.make(str(mount))
    (mount / "data").write_text("old")
    found = keeper.find(given.kind)
    is_deleted = await keeper.delete(DeleteVolume(path=str(mount), trash="x"))
    (mount / "new").write_text("kept")
    is_deleted_again = await keeper.delete(DeleteVolume(path=str(mount), trash="x"))
    keeper.clear("x")

    assert (mount, True, True) == (found, is_deleted, is_deleted_again)
    assert ["lost+found", "new"] == sorted(item.name for item in mount.iterdir())


async def test_a_mounted_disk_is_cleared_to_its_end_after_a_crash(tmp_path: Path) -> None:
    """The agent died while it moved the data aside, one by one: the next deletion moves what is left."""
    mount = tmp_path / "mnt"
    (mount / ".koinon-deleted" / "x.part").mkdir(parents=True)
    (mount / ".koinon-deleted" / "x.part" / "moved").touch()
    (mount / "left").touch()
    keeper = VolumeKeeper(tmp_path, Disks((tmp_path,), (mount,)))

    assert await keeper.delete(DeleteVolume(path=str(mount), trash="x"))
    keeper.clear("x")
    assert [] == list(mount.iterdir())


async def test_a_path_disk_holds_many_volumes(tmp_path: Path) -> None:
    """They lie on that disk as on the root disk, and stay on it until they are deleted; a relative root is the work
    directory's.
    """
    one = volume_on(DiskSourceType.PATH, "disk-a")
    keeper = VolumeKeeper(tmp_path, Disks.of(tmp_path, Resources((one,))))
    place = keeper.find(one.kind)
    keeper.make(str(place))
    (place / "data").touch()

    assert tmp_path / "disk-a/volumes/roles/r/v" == place
    assert await keeper.delete(DeleteVolume(path=str(place), trash="x"))
    assert (tmp_path / "disk-a/volumes/deleted/x").is_dir()
    keeper.clear("x")
    assert [] == list((tmp_path / "disk-a/volumes/deleted").iterdir())


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": "cpus"}, "only disk can have a disk.source"),
        (
            {"disk": Disk(source=DiskSource(type=DiskSourceType.RAW))},
            "type RAW needs a storage plugin",
        ),
        ({"disk": Disk(source=DiskSource(type=DiskSourceType.PATH))}, "disk.source needs the root of its path"),
        ({"disk": Disk(persistence=Persistence(id="v"))}, "persistent volumes are made by frameworks"),
    ],
)
def test_disks_that_an_agent_cannot_offer_are_refused_by_name(changes: dict[str, Any], problem: str) -> None:
    """At its start, with what is wrong about them."""
    kind = Kind(**{"name": "disk", "disk": Disk(source=DiskSource(type=DiskSourceType.PATH, root="/a")), **changes})

    assert problem in (find_disk_problem(Resources((Resource(kind, Scalar.of(10)),))) or "")


def test_a_mount_is_given_once() -> None:
    """It is had whole: two resources of it would be one disk for two volumes. Two PATHs may be one disk."""
    mounts, paths = (
        Resources(tuple(Resource(disk_at(kind, root, vendor), Scalar.of(10)) for vendor in ("a", "b")))
        for kind, root in ((DiskSourceType.MOUNT, "/m"), (DiskSourceType.PATH, "/p"))
    )

    assert "the mount /m is given twice" in (find_disk_problem(mounts) or "")
    assert find_disk_problem(paths) is None


async def test_links_in_a_volume_are_not_followed(keeper: VolumeKeeper, tmp_path: Path) -> None:
    """What a task linked to stays where it is."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("kept")
    place = keeper.find(volume(1).kind)
    keeper.make(str(place))
    (place / "link").symlink_to(outside)
    await keeper.delete(DeleteVolume(path=str(place), trash="x"))

    assert "kept" == (outside / "file").read_text()


@pytest.mark.parametrize("path", ["slaves/x", "volumes/roles", "volumes/roles/r", "volumes/roles/r/../../.."])
async def test_what_is_no_volume_is_never_deleted(keeper: VolumeKeeper, tmp_path: Path, path: str) -> None:
    """Such a path is refused, whoever names it."""
    keeper.make(str(keeper.find(volume(1).kind)))
    (tmp_path / "slaves/x").mkdir(parents=True)

    assert not await keeper.delete(DeleteVolume(path=str(tmp_path / path), trash="x"))
    assert (tmp_path / path).is_dir()


@pytest.mark.parametrize("path", ["slaves/x", "volumes/roles/r", "volumes/roles/../../x"])
def test_what_is_no_volume_is_never_made(keeper: VolumeKeeper, tmp_path: Path, path: str) -> None:
    """Nor is a directory made at it."""
    keeper.make(str(tmp_path / path))

    assert [] == list(tmp_path.iterdir())
