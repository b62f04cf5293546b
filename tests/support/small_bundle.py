"""A bundle of the UI with a few bytes in it, as `web/build.mjs` lays one out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

_TYPES = {".js": "text/javascript", ".css": "text/css"}


def write_bundle(folder: Path, assets: Mapping[str, bytes], page: bytes = b"<p>page", *, watched: bool = False) -> None:
    """Lay it into a folder, in place of what is there."""
    files = {"index.html": page, **{f"assets/{name}": content for name, content in assets.items()}}
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(content))
    types = {name: _TYPES[Path(name).suffix] for name in assets}
    (folder / "manifest.json").write_text(json.dumps({"watched": watched, "assets": types}))
