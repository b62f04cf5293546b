"""Which paths are the page's, which its API's, and which everybody's: what daemons ask before they let somebody pass.

Pure. The paths are those that the request line names, decoded; whatever lies at one of them answers 404 or is the UI's.
"""

from __future__ import annotations

from typing import Final

HOME: Final = "/ui/"
API: Final = "/ui/api"
ASSETS: Final = "/ui/assets/"
_WAYS_HOME: Final = ("/", "/ui")
"""They redirect to it."""


def is_ui(path: str) -> bool:
    """Whether the path is of the UI, its API included."""
    return path in _WAYS_HOME or path.startswith(HOME)


def is_api(path: str) -> bool:
    """Whether the path is of what the page asks for, rather than of the page."""
    return path == API or path.startswith(f"{API}/")


def is_page(path: str) -> bool:
    """Whether every daemon answers this by itself, leader or not: the way to the page, the page, its assets."""
    return is_ui(path) and not is_api(path)


def is_public(path: str) -> bool:
    """Whether nobody is asked who they are: assets are the same in every Koinon, and the redirects tell nothing."""
    return path in _WAYS_HOME or path.startswith(ASSETS)
