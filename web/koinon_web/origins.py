"""Where another daemon is, as a flag says it: `http://host:port`, and nothing behind that. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit


def parse_origins(text: str) -> tuple[str, ...]:
    """Read addresses with commas between, in their order. Raises ValueError that names the one at fault."""
    return tuple(dict.fromkeys(_parse_origin(part.strip()) for part in text.split(",")))


def _parse_origin(text: str) -> str:
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"{text!r} must begin with http:// or https://")
    if not parts.hostname or re.search(r"[\s\\]", text):
        raise ValueError(f"{text!r} names no host" if not parts.hostname else f"{text!r} holds a space")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{text!r}: nothing may stand before the host, or follow the port")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" if port is None else f"{parts.scheme}://{host}:{port}"
