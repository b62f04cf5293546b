"""Which paths are the page's, which its API's, and which everybody's."""

from __future__ import annotations

import pytest

from koinon_web.paths import is_api, is_page, is_public, is_ui


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ("ui", "page", "public")),
        ("/ui", ("ui", "page", "public")),
        ("/ui/", ("ui", "page")),
        ("/ui/apps/shop/web", ("ui", "page")),
        ("/ui/apis", ("ui", "page")),
        ("/ui/assets/main-1.js", ("ui", "page", "public")),
        ("/ui/assets", ("ui", "page")),
        ("/ui/api", ("ui", "api")),
        ("/ui/api/stream", ("ui", "api")),
        ("/uix", ()),
        ("/v2/apps", ()),
        ("//ui/assets/x", ()),
        ("", ()),
    ],
)
def test_each_path_is_of_its_kinds(path: str, expected: tuple[str, ...]) -> None:
    """A path is the page's or the API's, never both, and assets alone are everybody's."""
    kinds = {"ui": is_ui, "page": is_page, "api": is_api, "public": is_public}

    assert expected == tuple(name for name, ask in kinds.items() if ask(path))
