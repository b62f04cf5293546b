"""The bundle: what it weighs, and what it is made of."""

from __future__ import annotations

import json
import re

import pytest

from koinon_web.assets import DIST, Bundle, read_bundle
from koinon_web.errors import BundleMissing
from support.parts import miss

KIBIBYTE = 1024
SCREEN_LIMIT = 60 * KIBIBYTE
"""Of gzipped JavaScript that one screen needs: a slow line takes a second for it."""
TOTAL_LIMIT = 124 * KIBIBYTE
"""Of all parts, which come one after the other while nothing else is to do."""


@pytest.fixture
def bundle() -> Bundle:
    """That which `./dev` made."""
    try:
        return read_bundle()
    except BundleMissing as missing:
        miss("bundle of the UI", missing.why)


def test_each_screen_is_small(bundle: Bundle) -> None:
    """Worker, page and the part that has the screen stay below the limit, as they go over the line."""
    needs: dict[str, list[str]] = json.loads((DIST / "manifest.json").read_bytes())["needs"]
    weights = {source: sum(len(bundle.assets[name].gzipped) for name in names) for source, names in needs.items()}

    assert {f"src/shell/screens/{name}.tsx" for name in ("cluster", "sharing", "running", "apps", "editor")} < set(
        needs
    )
    assert {} == {source: weight / KIBIBYTE for source, weight in weights.items() if weight > SCREEN_LIMIT}


def test_all_scripts_are_counted_and_bounded(bundle: Bundle) -> None:
    """Every script belongs to what some screen needs, and all of them together stay below their limit."""
    needs: dict[str, list[str]] = json.loads((DIST / "manifest.json").read_bytes())["needs"]
    scripts = {name for name, asset in bundle.assets.items() if asset.media_type == "text/javascript"}
    weight = sum(len(bundle.assets[name].gzipped) for name in scripts)

    assert scripts == {name for names in needs.values() for name in names}
    assert weight <= TOTAL_LIMIT, f"{weight / KIBIBYTE:.1f} KiB of scripts"


def test_scripts_are_no_crumbs(bundle: Bundle) -> None:
    """What several screens share in small pieces comes with the frame: `src/shell/common.ts` names it."""
    scripts = [name for name, asset in bundle.assets.items() if asset.media_type == "text/javascript"]

    assert [] == [name for name in scripts if len(bundle.assets[name].gzipped) < KIBIBYTE]


def test_page_asks_for_nothing_but_the_bundle(bundle: Bundle) -> None:
    """Every address in the page is an asset's, what it begins with is there, and no script or style is in between."""
    page = bundle.page.plain.decode()
    asked = re.findall(r'(?:href|src)="([^"]*)"', page)
    files = {re.sub(r"^/ui/assets/(\w+)-\w+", r"\1", address) for address in asked}

    assert {"favicon.svg", "main.js", "part.js", "style.css", "worker.js"} == files
    assert set(asked) <= {f"/ui/assets/{name}" for name in bundle.assets}
    assert [] == re.findall(r"<style|style=|<script(?![^>]* src=)|\bon\w+=", page)


def test_nothing_is_fetched_from_elsewhere(bundle: Bundle) -> None:
    """Styles import and draw on nothing outside; all rules of the design are in one file."""
    styles = [asset.plain.decode() for asset in bundle.assets.values() if asset.media_type == "text/css"]

    assert 1 == len(styles)
    assert [] == re.findall(r"@import|url\((?!['\"]?(?:data:|#))[^)]*\)", styles[0])
