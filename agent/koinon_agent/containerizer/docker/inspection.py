"""What the engine says about a container, as a value. Pure; owns which field of its JSON means what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from attrs import frozen

_DEFAULT_STOP_SIGNAL = "SIGTERM"


@frozen(kw_only=True)
class ImageConfig:
    """What an image says of how it is to be started."""

    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_directory: str = ""

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> ImageConfig:
        """Read the engine's answer to a look at an image."""
        config = answer.get("Config") or {}
        return cls(
            entrypoint=tuple(config.get("Entrypoint") or ()),
            command=tuple(config.get("Cmd") or ()),
            working_directory=config.get("WorkingDir") or "",
        )


@frozen(kw_only=True)
class Inspection:
    """A container as it was at one moment.

    ``raw`` is what ``docker inspect`` prints: a list of one. ``started_at`` in seconds since 1970.
    ``is_terminal``: its output is one stream, that of a terminal.
    """

    engine_id: str
    is_running: bool
    was_started: bool
    exit_code: int
    is_out_of_memory: bool
    started_at: float
    pid: int | None
    ip_addresses: tuple[str, ...]
    stop_signal: str
    is_terminal: bool
    labels: Mapping[str, str]
    raw: bytes

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Inspection:
        """Read the engine's answer to an inspect. Raises KeyError and ValueError for what is none."""
        state, config = answer["State"], answer["Config"]
        networks = answer["NetworkSettings"].get("Networks") or {}
        addresses = (network.get(key) for network in networks.values() for key in ("IPAddress", "GlobalIPv6Address"))
        return cls(
            engine_id=answer["Id"],
            is_running=state["Running"],
            was_started=not state["StartedAt"].startswith("0001-"),
            exit_code=state["ExitCode"],
            is_out_of_memory=state["OOMKilled"],
            started_at=datetime.fromisoformat(state["StartedAt"]).timestamp(),
            pid=state["Pid"] or None,
            ip_addresses=tuple(address for address in addresses if address),
            stop_signal=config.get("StopSignal") or _DEFAULT_STOP_SIGNAL,
            is_terminal=bool(config.get("Tty")),
            labels=config.get("Labels") or {},
            raw=orjson.dumps([answer]),
        )
