"""What is not below `/v2`: the flags, the levels of the log, and what a browser asks first (marathon-v2-api 2)."""

import logging

import pytest

from fakes.marathon_desk import Desk, running_desk


async def test_the_flags_are_shown_without_secrets() -> None:
    """As one would write them; a password is hidden."""
    async with running_desk("--mesos_authentication_principal=m", "--mesos_authentication_secret=hush") as desk:
        reply = await desk.ask("GET", "/config")

    assert ("10000", "***") == (reply.body["local_port_min"], reply.body["mesos_authentication_secret"])
    assert "hush" not in reply.text


async def test_levels_are_set_for_a_while(desk: Desk) -> None:
    """That of our own events and of a library's; what is asked for is repeated in the answer."""
    before = (await desk.ask("GET", "/logging")).body["ROOT"]
    wanted = {"logger": "kazoo", "level": "error", "durationSeconds": 60}
    reply = await desk.ask("POST", "/logging", wanted)
    await desk.ask("POST", "/logging", {"logger": "ROOT", "level": "WARN", "durationSeconds": 60})
    during = (await desk.ask("GET", "/logging")).body
    for name in ("kazoo", "ROOT"):
        await desk.ask("POST", "/logging", {"logger": name, "level": before if name == "ROOT" else "WARN"})

    assert (200, wanted) == (reply.status, reply.body)
    assert ("ERROR", "WARNING") == (during["kazoo"], during["ROOT"])
    assert before == (await desk.ask("GET", "/logging")).body["ROOT"]
    logging.getLogger("kazoo").setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"logger": "ROOT"}, ("/level", "error.path.missing", "is missing")),
        (
            {"logger": "ROOT", "level": "LOUD"},
            ("/level", "error.unknown.enum.literal", "must be one of TRACE, DEBUG, INFO, WARN, WARNING, ERROR, OFF"),
        ),
        ([], ("", "error.expected.jsobject", "must be an object")),
        (
            {"logger": "ROOT", "level": "INFO", "durationSeconds": "5"},
            ("/durationSeconds", "error.expected.int", "must be a whole number"),
        ),
    ],
)
async def test_bad_levels_are_named(desk: Desk, body: object, told: tuple[str, str, str]) -> None:
    """As everywhere: by path."""
    reply = await desk.ask("POST", "/logging", body)

    (detail,) = reply.body["details"]
    assert (422, {"path": told[0], "errors": [told[1]], "meanings": [told[2]]}) == (reply.status, detail)


async def test_one_of_our_own_loggers_has_no_level_of_its_own(desk: Desk) -> None:
    """The answer says which has."""
    reply = await desk.ask("POST", "/logging", {"logger": "koinon_marathon.loop", "level": "DEBUG"})

    assert (422, "koinon_marathon.loop: our own events have one level, that of ROOT") == (
        reply.status,
        reply.body["message"],
    )


async def test_browsers_are_sent_to_the_ui(desk: Desk) -> None:
    """From where Marathon's sends them, GET or HEAD; what the UI's API has not, and the console, are 404 as JSON."""
    roots = [await desk.ask(method, "/") for method in ("GET", "HEAD")]
    bare = await desk.ask("GET", "/ui")
    missing = [await desk.ask("GET", path) for path in ("/ui/api/nothing", "/help")]

    assert [(302, "/ui/")] * 2 == [(root.status, root.headers["Location"]) for root in roots]
    assert (308, "/ui/") == (bare.status, bare.headers["Location"])
    assert [404, 404] == [page.status for page in missing]
    assert "there is no /ui/api/nothing" == missing[0].body["message"]
