"""JSON objects to values: what is wrong is named by its path, strictly or as leniently as Chronos read."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import attrs
import pytest

from koinon_jobs.codec import MAX_DEPTH, Codec, Strictness, parse_object
from koinon_jobs.problems import Problem


class Mode(Enum):
    """A word of a fixed few."""

    RW = "RW"
    RO = "RO"


@attrs.frozen(kw_only=True)
class Volume:
    """Something inside."""

    host_path: str
    mode: Mode = Mode.RW


@attrs.frozen(kw_only=True)
class Thing:
    """One of each kind of field."""

    name: str
    count: int = 0
    share: float | None = None
    is_big: bool = False
    volumes: tuple[Volume, ...] = ()
    labels: Mapping[str, str] = attrs.field(factory=dict)


STRICT = Codec(Strictness.STRICT)
LENIENT = Codec(Strictness.LENIENT)


def paths(found: object) -> list[str]:
    """Where the problems are."""
    assert isinstance(found, tuple)
    return [problem.path for problem in found]


def texts(found: object) -> list[str]:
    """The problems as people read them."""
    assert isinstance(found, tuple)
    return [str(problem) for problem in found]


def test_all_that_is_wrong_is_told_at_once_and_where() -> None:
    """Each wrong value is named by the path to it, in lists and objects too."""
    body = {"count": "3", "isBig": 1, "volumes": [{"hostPath": 1}, {"mode": "XX", "hostPath": ""}], "labels": {"a": 1}}

    assert [
        '$.count: must be a whole number, not "3"',
        "$.isBig: must be true or false, not 1",
        "$.labels.a: must be text, not 1",
        "$.name: is missing",
        "$.volumes[0].hostPath: must be text, not 1",
        "$.volumes[1].mode: must be one of RW, RO, not 'XX'",
    ] == sorted(texts(STRICT.read(body, Thing)))


def test_unknown_member_is_refused_with_the_nearest_name() -> None:
    """A slip of the pen is answered with what was probably meant, whatever its capitals."""
    found = STRICT.read({"name": "a", "isbig": True, "volumes": [{"hostPath": "/", "qqqq": 1}]}, Thing)

    assert [
        "$.isbig: is no field; did you mean isBig?",
        "$.volumes[0].qqqq: is no field; there are hostPath, mode",
    ] == sorted(texts(found))


def test_lenient_reading_takes_text_for_numbers_and_tells_what_it_passed_over() -> None:
    """Chronos took "0.5" for a number and 1 for text, and went past what it did not know."""
    body = {"name": 7, "count": "3", "share": "0.5", "isBig": "true", "what": 1, "volumes": [{"hostPath": "/", "x": 1}]}

    assert Thing(name="7", count=3, share=0.5, is_big=True, volumes=(Volume(host_path="/"),)) == LENIENT.read(
        body, Thing
    )
    assert ["what", "volumes.x"] == LENIENT.unknown_members(body, Thing)


@pytest.mark.parametrize("codec", [STRICT, LENIENT])
@pytest.mark.parametrize("value", ["", "x", "NaN", "1e999", [], {}, True, 2**60, "9" * 79])
def test_no_number_is_no_number(codec: Codec, value: object) -> None:
    """What can't be counted with is refused, however leniently one reads."""
    assert ["$.count"] == paths(codec.read({"name": "a", "count": value}, Thing))


def test_null_says_the_same_as_absent() -> None:
    """A member that is null takes its default."""
    assert Thing(name="a") == STRICT.read({"name": "a", "count": None, "volumes": None}, Thing)


def test_what_is_written_can_be_read() -> None:
    """Writing and reading gives the same value; what is None is left out."""
    thing = Thing(name="a", count=2, volumes=(Volume(host_path="/", mode=Mode.RO),), labels={"k": "v"})
    body = STRICT.write(thing)

    assert thing == STRICT.read(body, Thing)
    assert "share" not in body


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "$: is no JSON"),
        (b"[]", "$: must be an object, not a list"),
        (b"null", "$: must be an object, not null"),
        (b"[" * 5000, "$: is no JSON"),
        (b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", "$: is nested more than 32 deep"),
        (b'{"a": "\xff"}', "$: is no JSON"),
    ],
)
def test_body_that_is_no_object_is_refused(body: bytes, text: str) -> None:
    """Whatever comes in, a sentence goes out."""
    found = parse_object(body)

    assert isinstance(found, Problem)
    assert str(found).startswith(text)
