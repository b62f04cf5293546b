"""The command line against a real server of recorded answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from attrs import frozen

from fakes.recorded_server import RecordedServer
from koinon_cli.__main__ import main


@frozen
class CliRun:
    """What one run of ``koinon`` came to."""

    code: int
    out: str
    err: str


Koinon = Callable[..., CliRun]


@pytest.fixture
def server() -> Iterator[RecordedServer]:
    """Marathon, master and agent in one."""
    with RecordedServer() as recorded:
        yield recorded


@pytest.fixture
def koinon(server: RecordedServer, capsys: pytest.CaptureFixture[str]) -> Koinon:
    """Run the command line in this process."""

    def run(*words: str) -> CliRun:
        with pytest.raises(SystemExit) as exit_:
            main(["--marathon", server.address, "--master", f"http://{server.address}/", *words])
        out, err = capsys.readouterr()
        return CliRun(int(exit_.value.code or 0), out, err)

    return run
