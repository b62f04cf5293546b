"""Deleting what tasks left."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from koinon_agent.sandboxes.deletion import delete_tree


def test_all_beneath_goes_and_nothing_beyond(tmp_path: Path) -> None:
    """Files, directories, pipes and links go; what a link leads to stays."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    root = tmp_path / "sandbox"
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "file").touch()
    (root / "a" / "out").symlink_to(tmp_path / "kept")
    (root / "a" / ".deleted" / "left").mkdir(parents=True)
    os.mkfifo(root / "a" / "pipe")
    delete_tree(root)

    assert not root.exists()
    assert (tmp_path / "kept" / "file").exists()


@pytest.mark.slow
def test_depth_does_not_matter(tmp_path: Path) -> None:
    """Fifteen hundred directories within one another are more than recursion or one path can take."""
    root = tmp_path / "sandbox"
    root.mkdir()
    descriptor = os.open(root, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=descriptor)
        deeper = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = deeper
    os.close(descriptor)
    delete_tree(root)

    assert not root.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_what_is_mounted_within_stays(tmp_path: Path) -> None:
    """A volume that somebody left mounted in a sandbox keeps its data."""
    volume, root = tmp_path / "volume", tmp_path / "sandbox"
    (root / "data").mkdir(parents=True)
    volume.mkdir()
    (volume / "precious").touch()
    if subprocess.run(["mount", "--bind", volume, root / "data"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        with pytest.raises(OSError, match="busy"):
            delete_tree(root)
    finally:
        subprocess.run(["umount", root / "data"], check=True)

    assert (volume / "precious").exists()
