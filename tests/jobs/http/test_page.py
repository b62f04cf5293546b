"""The page for people: whole in itself, and text never becomes HTML."""

from __future__ import annotations

import re

from koinon_jobs.http import PAGE


def test_page_loads_nothing_from_elsewhere() -> None:
    """No script, style, font or picture of any other address; none of its own addresses is absolute."""
    assert [] == re.findall(r"(?:src|href)=\"(?!#)", PAGE)
    assert [] == re.findall(r"https?://|@import|url\(", PAGE)


def test_page_never_makes_html_of_text() -> None:
    """What comes from jobs is set as text: the script knows no way to parse HTML."""
    assert [] == re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(", PAGE)
