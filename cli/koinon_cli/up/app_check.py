"""Apps held against Marathon's own rules before there is a Marathon to ask."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from koinon_marathon import Group, Rejection
from koinon_marathon.changes.app_transitions import create_app
from koinon_marathon.codec.decoding import decode_app
from koinon_marathon.normalization import Settings

from .cluster_plan import PRINCIPAL


def find_rejection(definition: dict[str, Any]) -> Rejection | None:
    """What the Marathon of `koinon up` would answer to a POST of it, or None where it would take it."""
    submission = decode_app(definition)
    if isinstance(submission, Rejection):
        return submission
    now = datetime.now(UTC)
    tree = create_app(submission, Settings(principal=PRINCIPAL))(Group(version=now), now)
    return tree if isinstance(tree, Rejection) else None
