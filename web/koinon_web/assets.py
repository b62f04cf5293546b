"""The bundle as it lies beside this package: its files, their types and hashes. How they are served is `http/`'s."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from attrs import frozen

from .errors import BundleMissing

DIST = Path(__file__).parent / "dist"
"""Written by `web/build.mjs`."""
_MANIFEST = "manifest.json"
_SUFFIX = ".gz"


@frozen(kw_only=True)
class Asset:
    """One file, plain and as gzip; `tag` tells it from any other content."""

    media_type: str
    plain: bytes
    gzipped: bytes
    tag: str


@frozen(kw_only=True)
class Bundle:
    """The page, and what it asks for by names that hold a hash. `watched`: by `./dev web`, which makes new ones."""

    page: Asset
    assets: Mapping[str, Asset]
    watched: bool


def read_bundle(folder: Path = DIST) -> Bundle:
    """All of it, as memory: some hundred kilobytes. Raises BundleMissing."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_bytes())
        assets = {name: _read(folder / "assets" / name, kind) for name, kind in manifest["assets"].items()}
        page = _read(folder / "index.html", "text/html")
        return Bundle(page=page, assets=assets, watched=bool(manifest["watched"]))
    except OSError as error:
        raise BundleMissing(f"{Path(error.filename or folder).name} is not there") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleMissing(f"{_MANIFEST} can't be read") from error


def _read(path: Path, media_type: str) -> Asset:
    plain = path.read_bytes()
    gzipped = path.with_name(path.name + _SUFFIX).read_bytes()
    return Asset(media_type=media_type, plain=plain, gzipped=gzipped, tag=sha256(plain).hexdigest()[:16])
