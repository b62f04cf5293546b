"""The bundle: what it weighs, and what it is made of."""

from __future__ import annotations

import re

import pytest

from koinon_web.assets import Bundle, read_bundle
from koinon_web.errors import BundleMissing
from support.parts import miss

KIBIBYTE = 1024
SCRIPT_LIMIT = 60 * KIBIBYTE
"""Of gzipped JavaScript: a slow line takes a second for it."""


@pytest.fixture
def bundle() -> Bundle:
    """That which `./dev` made."""
    try:
        return read_bundle()
    except BundleMissing as missing:
        miss("bundle of the UI", missing.why)


def test_scripts_are_small(bundle: Bundle) -> None:
    """Page and worker together stay below the limit, as they go over the line."""
    scripts = [asset for asset in bundle.assets.values() if asset.media_type == "text/javascript"]
    weight = sum(len(script.gzipped) for script in scripts)

    assert len(scripts) > 1
    assert weight <= SCRIPT_LIMIT, f"{weight / KIBIBYTE:.1f} KiB of scripts"


def test_page_asks_for_nothing_but_the_bundle(bundle: Bundle) -> None:
    """Every address in the page is an asset's, what it begins with is there, and no script or style is in between."""
    page = bundle.page.plain.decode()
    asked = re.findall(r'(?:href|src)="([^"]*)"', page)
    files = {re.sub(r"^/ui/assets/(\w+)-\w+", r"\1", address) for address in asked}

    assert {"favicon.svg", "main.js", "style.css", "worker.js"} == files
    assert set(asked) <= {f"/ui/assets/{name}" for name in bundle.assets}
    assert [] == re.findall(r"<style|style=|<script(?![^>]* src=)|\bon\w+=", page)


def test_nothing_is_fetched_from_elsewhere(bundle: Bundle) -> None:
    """Styles import and draw on nothing outside; all rules of the design are in one file."""
    styles = [asset.plain.decode() for asset in bundle.assets.values() if asset.media_type == "text/css"]

    assert 1 == len(styles)
    assert [] == re.findall(r"@import|url\((?!['\"]?(?:data:|#))[^)]*\)", styles[0])
