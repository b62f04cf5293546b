"""The help and version texts."""

from pathlib import Path

import attrs

from koinon_daemon.flag_help import Program, help_text, wanted_text
from koinon_daemon.flag_values import parse_duration
from koinon_daemon.flags import flag, toggle

PROGRAM = Program(name="koinon-test", version="1.2.3", summary="Tests things.")


@attrs.frozen(kw_only=True)
class Config:
    """Two groups of flags."""

    work_dir: Path = flag(help="Where state is kept.")
    zk_session_timeout: float = flag(10.0, help="How long.", parse=parse_duration, aliases=("zk_timeout",), group="ZK")
    ha: bool = toggle(True, help="Elect a leader.", group="ZK")


def test_help_text() -> None:
    """The help lists each flag under its group, with kind, default, other names and what is required."""
    lines = help_text(Config, PROGRAM).splitlines()

    assert [
        "Usage: koinon-test [--flag=value ...]",
        "",
        "Tests things.",
        "",
        "General:",
        "  --work_dir=PATH",
        "      Where state is kept. (required)",
        "",
        "ZK:",
        "  --zk_session_timeout=DURATION",
        "      How long. (default: 10secs; also --zk_timeout)",
        "  --[no-]ha",
        "      Elect a leader. (default: true; also --disable_ha)",
    ] == lines[:13]


def test_wanted_text() -> None:
    """Help and version are asked for by their flags; otherwise there is nothing to print."""
    assert wanted_text(Config, PROGRAM, ["--port=1"]) is None
    assert "koinon-test 1.2.3\n" == wanted_text(Config, PROGRAM, ["--version"])
    assert help_text(Config, PROGRAM) == wanted_text(Config, PROGRAM, ["--x", "--help"])
