"""Directories of volumes: made and deleted in their place, whatever instant the agent dies at."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.volumes import volume
from koinon_agent.instructions import DeleteVolume
from koinon_agent.resources.volume_keeper import VolumeKeeper


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
