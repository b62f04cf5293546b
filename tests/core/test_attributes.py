"""Attributes read as Mesos reads them."""

import pytest

from koinon_core.attributes import Attribute, parse_attributes
from koinon_core.errors import InvalidValue
from koinon_core.ranges import Ranges
from koinon_core.scalars import Scalar


def test_each_type_is_told_by_its_form() -> None:
    """Brackets make ranges, braces a set, a number a scalar, anything else a text; spaces do not count."""
    expected = (
        Attribute("rack", "r1"),
        Attribute("level", Scalar.of(10)),
        Attribute("ports", Ranges(((1, 2),))),
        Attribute("tags", frozenset({"a", "b"})),
    )

    assert expected == parse_attributes("rack: r1; level:10;ports:[1-2];tags:{b,a};")


@pytest.mark.parametrize("text", ["rack", "rack:", ":r1", "a:1;b"])
def test_the_piece_at_fault_is_named(text: str) -> None:
    """An attribute without name or value is refused by name."""
    with pytest.raises(InvalidValue, match="is not like rack:r1"):
        parse_attributes(text)


@pytest.mark.parametrize("text", ["rack:r1", "level:1.5", "ports:[1-2, 5-5]", "tags:{a,b}"])
def test_an_attribute_shows_as_it_was_written(text: str) -> None:
    """The text form of an attribute is the flag's."""
    assert text == str(parse_attributes(text)[0]).replace("\n", "")
