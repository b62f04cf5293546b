"""What a browser is told about our pages: nothing runs and nothing is asked for but what we hand out ourselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TRUSTED_POLICY: Final = "koinon"
"""The one policy that scripts may make, to name the worker's address: it makes nothing but addresses of our assets."""

_POLICY: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "font-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    f"trusted-types {TRUSTED_POLICY}",
)
_NOT_NEEDED: Final = ("camera", "display-capture", "geolocation", "microphone", "midi", "payment", "usb")

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "; ".join(_POLICY),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _NOT_NEEDED),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer below `/ui/`, refusals included."""
