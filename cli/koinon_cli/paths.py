"""Where Marathon keeps what people name by its id, with or without the slash before it."""

from __future__ import annotations


def app_path(app_id: str) -> str:
    """Where Marathon keeps that app."""
    return f"/v2/apps/{app_id.strip('/')}"


def group_path(group_id: str) -> str:
    """Where Marathon keeps that group; ``/`` is the root."""
    return f"/v2/groups/{group_id.strip('/')}".rstrip("/")


def pod_path(pod_id: str) -> str:
    """Where Marathon keeps that pod."""
    return f"/v2/pods/{pod_id.strip('/')}"
