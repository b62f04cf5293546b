"""What the genuine master answered, one file a scenario, a line a step."""

from __future__ import annotations

from pathlib import Path

import orjson

from .transcript import Transcript

FOLDER = Path(__file__).parent / "records"


def read_record(name: str) -> Transcript:
    """The transcript of a scenario."""
    recorded: Transcript = orjson.loads((FOLDER / f"{name}.json").read_bytes())
    return recorded


def write_record(name: str, transcript: Transcript) -> None:
    """Keep a transcript."""
    FOLDER.mkdir(exist_ok=True)
    lines = b",\n".join(orjson.dumps(step) for step in transcript)
    (FOLDER / f"{name}.json").write_bytes(b"[\n" + lines + b"\n]\n")
