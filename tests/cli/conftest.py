"""The command line against a real server of recorded answers, and against a real master."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from attrs import frozen

from fakes.recorded_server import RecordedServer
from koinon_cli.__main__ import main
from support.cluster import running_cluster
from support.operated_cluster import OperatedCluster


@frozen
class CliRun:
    """What one run of ``koinon`` came to."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[list[str]]:
        """The cells of a table beneath its headings: two spaces part them."""
        return [re.split(r" {2,}", line) for line in self.out.splitlines()[1:]]

    @property
    def facts(self) -> dict[str, str]:
        """What ``show`` says of one thing, by name."""
        pairs = (re.split(r" {2,}", line, maxsplit=1) for line in self.out.splitlines())
        return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


Koinon = Callable[..., CliRun]


@pytest.fixture
def server() -> Iterator[RecordedServer]:
    """Marathon, master and agent in one."""
    with RecordedServer() as recorded:
        yield recorded


@pytest.fixture
def koinon(server: RecordedServer, capsys: pytest.CaptureFixture[str]) -> Koinon:
    """Run the command line in this process."""
    addresses = ("--marathon", server.address, "--master", f"http://{server.address}/")
    return lambda *words: run_koinon(capsys, *addresses, *words)


@pytest.fixture
def run_words(capsys: pytest.CaptureFixture[str]) -> Koinon:
    """Run the command line in this process, with these words alone."""
    return lambda *words: run_koinon(capsys, *words)


@pytest.fixture(scope="session")
def master_url() -> Iterator[str]:
    """A master, a process of its own."""
    with running_cluster() as cluster:
        cluster.add_master()
        yield cluster.leading_master().url


@pytest.fixture
def cluster(master_url: str) -> Iterator[OperatedCluster]:
    """An agent of host ``fake`` and a framework ``raw`` on that master, which has no others."""
    with OperatedCluster(master_url) as cluster:
        yield cluster


@pytest.fixture
def run(cluster: OperatedCluster, capsys: pytest.CaptureFixture[str]) -> Koinon:
    """Run the command line in this process, on that master."""
    return lambda *words: run_koinon(capsys, "--master", cluster.url, *words)


def run_koinon(capsys: pytest.CaptureFixture[str], *words: str) -> CliRun:
    """What a user sees of it."""
    with pytest.raises(SystemExit) as exit_:
        main(list(words))
    out, err = capsys.readouterr()
    return CliRun(int(exit_.value.code or 0), out, err)
