"""Completion of ids: what a shell is told when the tab key is pressed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes.recorded_server import RecordedAnswer, RecordedServer
from koinon_cli.__main__ import koinon, main
from support.recorded_apps import make_app

Complete = Callable[..., list[str]]


@pytest.fixture
def complete(server: RecordedServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complete:
    """The words offered for a line, as bash would ask for them."""

    def ask(line: str, marathon: str | None = None) -> list[str]:
        monkeypatch.setenv("KOINON_MARATHON", marathon or server.address)
        monkeypatch.setenv("KOINON_MASTER", server.address)
        monkeypatch.setenv("_KOINON_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        with pytest.raises(SystemExit):
            main([])
        return [one.partition(",")[2] for one in capsys.readouterr().out.splitlines() if one]

    return ask


def test_completes_ids(complete: Complete, server: RecordedServer) -> None:
    """Of apps with or without their slash, of groups over the whole tree, of agents; verbs come from the commands."""
    apps = [make_app(id="/web"), make_app(id="/worker"), make_app(id="/db")]
    server.record("GET /v2/apps", RecordedAnswer(document={"apps": apps}))
    groups = {"id": "/", "groups": [{"id": "/shop", "groups": [{"id": "/shop/eu", "groups": []}]}]}
    server.record("GET /v2/groups", RecordedAnswer(document=groups))
    server.record("GET /slaves", RecordedAnswer(document={"slaves": [{"id": "M-S0"}, {"id": "M-S1"}]}))

    assert ["/web", "/worker"] == complete("koinon app show /w")
    assert ["web", "worker"] == complete("koinon app scale w")
    assert ["/shop", "/shop/eu"] == complete("koinon group show /s")
    assert ["M-S0", "M-S1"] == complete("koinon agent drain M")
    assert ["restart"] == complete("koinon app rest")


def test_says_nothing_where_nobody_answers(complete: Complete, free_port: int) -> None:
    """No word, and no complaint in the middle of a line; an address that is none is no other case."""
    assert [] == complete("koinon app show w", f"127.0.0.1:{free_port}")
    assert [] == complete("koinon app show w", "ftp://nowhere")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_prints_what_a_shell_reads(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A script that asks koinon for words."""
    with pytest.raises(SystemExit):
        main(["completion", shell])

    assert f"_KOINON_COMPLETE={shell}_complete" in capsys.readouterr().out
    assert "completion" in koinon.commands
