"""The set-up of logging."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from attrs import frozen

from koinon_daemon.logs import (
    LogFormat,
    LogTargets,
    configure_logs,
    log_file_of,
    set_verbosity,
    shown_log_of,
    start_logs,
)


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    """Put back what configure_logs changes for the whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


def log_lines(log_format: LogFormat, level: str = "INFO") -> list[str]:
    """The lines of a debug event, an event with keys, a crash, and a library's warning."""
    out = io.StringIO()
    configure_logs("koinon-master", level, log_format, LogTargets(stream=out))
    logger = structlog.get_logger()
    logger.debug("quiet")
    with structlog.contextvars.bound_contextvars(event_id=7):
        logger.info("offer_sent", agent="a1")
    try:
        raise ValueError("broken")
    except ValueError:
        logger.exception("crashed")
    logging.getLogger("kazoo").warning("from %s", "kazoo")
    return out.getvalue().splitlines()


def test_json_lines() -> None:
    """Each line is one JSON object with daemon, level, time and all bound keys; a crash has its traceback."""
    offer, crash, foreign = (json.loads(line) for line in log_lines("json"))

    assert {"event": "offer_sent", "agent": "a1", "event_id": 7, "daemon": "koinon-master", "level": "info"} == {
        key: value for key, value in offer.items() if key != "timestamp"
    }
    assert "ValueError: broken" in crash["exception"]
    assert ("from kazoo", "warning", "koinon-master") == (foreign["event"], foreign["level"], foreign["daemon"])


def test_console_lines() -> None:
    """For people: event, then key=value, then a plain traceback; no colours off a terminal."""
    lines = log_lines("console")

    assert "offer_sent" in lines[0]
    assert "agent=a1" in lines[0]
    assert "daemon=koinon-master" in lines[0]
    assert "ValueError: broken" in lines
    assert not any("\x1b" in line for line in lines)


def test_level() -> None:
    """Events below the level are dropped; an unknown level is refused."""
    assert "quiet" in log_lines("console", "debug")[0]
    with pytest.raises(ValueError, match="'loud' is no log level"):
        configure_logs("x", "loud")


@frozen(kw_only=True)
class Flags:
    """What a daemon's flags say of its log."""

    logging_level: str = "INFO"
    log_format: str = "console"
    quiet: bool = False
    log_dir: Path | None = None
    external_log_file: Path | None = None


def test_verbosity_changes_what_is_logged_at_once() -> None:
    """Loggers that are in use already log more, then what the flags say again; libraries from 2 on."""
    out = io.StringIO()
    configure_logs("d", "WARNING", targets=LogTargets(stream=out))
    ours, library = structlog.get_logger(), logging.getLogger("library.part")
    for level in (0, 1, 2, 3, 0):
        set_verbosity(level)
        ours.debug(f"ours_{level}")
        library.info("info_%s", level)
        library.debug("debug_%s", level)

    said = [line.split()[2] for line in out.getvalue().splitlines()]
    assert ["ours_1", "ours_2", "info_2", "ours_3", "info_3", "debug_3"] == said


def test_quiet_keeps_stderr_for_errors_and_the_file_for_all(tmp_path: Path) -> None:
    """Both get the same lines, the file without colours."""
    out, file = io.StringIO(), tmp_path / "koinon-d.log"
    configure_logs("d", targets=LogTargets(stream=out, is_quiet=True, file=file))
    structlog.get_logger().info("came")
    structlog.get_logger().error("broke")

    assert ["broke"] == [line.split()[2] for line in out.getvalue().splitlines()]
    assert ["came", "broke"] == [line.split()[2] for line in file.read_text().splitlines()]


def test_quiet_without_a_file_does_not_even_make_the_lines() -> None:
    """What nobody hears costs nothing, at any verbosity."""
    configure_logs("d", targets=LogTargets(stream=io.StringIO(), is_quiet=True))
    set_verbosity(3)

    with structlog.testing.capture_logs() as made:
        structlog.get_logger().info("came")
    assert [] == made


def test_a_log_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    """As logrotate leaves it; and a directory that is gone costs lines, not the daemon."""
    file = tmp_path / "logs" / "d.log"
    file.parent.mkdir()
    configure_logs("d", targets=LogTargets(stream=io.StringIO(), file=file))
    logger = structlog.get_logger()
    logger.info("first")
    file.rename(tmp_path / "old")
    logger.info("second")
    file.unlink()
    file.parent.rmdir()
    logger.info("lost")
    file.parent.mkdir()
    logger.info("third")

    assert "first" in (tmp_path / "old").read_text()
    assert "third" in file.read_text()
    assert "lost" not in file.read_text()


def test_a_broken_stream_costs_lines_alone() -> None:
    """Whoever reads stderr may go away."""
    out = io.StringIO()
    configure_logs("d", targets=LogTargets(stream=out))
    out.close()

    structlog.get_logger().info("unheard")


def test_flags_say_where_the_log_is(tmp_path: Path) -> None:
    """``koinon-<daemon>.log`` in --log_dir, which is made; the log of --external_log_file is shown in its place."""
    flags = Flags(log_dir=tmp_path / "logs")
    start_logs("master", flags)
    structlog.get_logger().info("came")

    log = tmp_path / "logs" / "koinon-master.log"
    assert log == log_file_of("master", flags) == shown_log_of("master", flags)
    assert "came" in log.read_text()
    assert Path("/x") == shown_log_of("master", Flags(log_dir=tmp_path, external_log_file=Path("/x")))
    assert shown_log_of("master", Flags()) is None


def test_a_log_dir_that_cannot_be_written_ends_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the flag's name and the reason."""
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as caught:
        start_logs("master", Flags(log_dir=tmp_path / "file"))

    assert 2 == caught.value.code
    assert "koinon-master: --log_dir:" in capsys.readouterr().err
