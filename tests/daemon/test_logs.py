"""The set-up of logging."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from koinon_daemon.logs import LogFormat, configure_logs


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
    configure_logs("koinon-master", level, log_format, out)
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
