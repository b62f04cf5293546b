"""The bundle as it is read from its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from koinon_web.assets import read_bundle
from koinon_web.errors import BundleMissing
from support.small_bundle import write_bundle


def test_bundle_is_read_whole(tmp_path: Path) -> None:
    """Each asset has its type, both its forms, and a tag that changes with its content alone."""
    write_bundle(tmp_path, {"main-1.js": b"run()", "style-1.css": b"a{}", "again-1.js": b"run()"})
    bundle = read_bundle(tmp_path)
    main, style, again = (bundle.assets[name] for name in ("main-1.js", "style-1.css", "again-1.js"))

    assert ("text/javascript", "text/css") == (main.media_type, style.media_type)
    assert b"run()" == main.plain
    assert main.tag == again.tag != style.tag


@pytest.mark.parametrize(
    ("gone", "why"),
    [
        ("manifest.json", "manifest.json is not there"),
        ("index.html.gz", "index.html.gz is not there"),
        ("assets/main-1.js", "main-1.js is not there"),
    ],
)
def test_half_a_bundle_is_none(tmp_path: Path, gone: str, why: str) -> None:
    """A bundle that lacks a file is not handed out; the error names the file and who makes it."""
    write_bundle(tmp_path, {"main-1.js": b"run()"})
    (tmp_path / gone).unlink()

    with pytest.raises(BundleMissing, match=why) as found:
        read_bundle(tmp_path)
    assert "`./dev setup` builds it" in str(found.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"assets": 1}', '{"assets": {"a.js": 1}}', '{"assets": {}}'])
def test_spoiled_manifest_is_an_error_of_its_own(tmp_path: Path, text: str) -> None:
    """Whatever stands in the manifest, it is said that there is no bundle."""
    write_bundle(tmp_path, {})
    (tmp_path / "manifest.json").write_text(text)

    with pytest.raises(BundleMissing):
        read_bundle(tmp_path)
