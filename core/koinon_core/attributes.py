"""What an operator says about an agent: ``rack:r1;zone:2;ports:[1-2];tags:{a,b}``.

Placement constraints and offer filters read these; nothing is consumed of them.
"""

from attrs import frozen

from .errors import InvalidValue
from .ranges import Ranges
from .scalars import Scalar

AttributeValue = str | Scalar | Ranges | frozenset[str]


@frozen(cache_hash=True)
class Attribute:
    """One named fact about an agent: a text, a number, ranges of numbers or a set of texts."""

    name: str
    value: AttributeValue

    def __str__(self) -> str:
        return f"{self.name}:{format_value(self.value)}"


def format_value(value: AttributeValue) -> str:
    """The text form that ``parse_value`` reads back, and that people see in refusals."""
    if isinstance(value, frozenset):
        return "{" + ",".join(sorted(value)) + "}"
    return str(value)


def parse_value(text: str) -> AttributeValue:
    """Read a value as Mesos does: ``[..]`` ranges, ``{..}`` a set, a number a scalar, anything else a text.

    Raises InvalidValue when the brackets promise ranges and do not hold them.
    """
    if text.startswith("["):
        return Ranges.parse(text)
    if text.startswith("{") and text.endswith("}"):
        return frozenset(item for item in text[1:-1].split(",") if item)
    try:
        return Scalar.parse(text)
    except InvalidValue:
        return text


def parse_attributes(text: str) -> tuple[Attribute, ...]:
    """Read the value of ``--attributes`` (mesos-semantics 12). Spaces are dropped, as Mesos does.

    Raises InvalidValue that names the piece at fault.
    """
    attributes = []
    for piece in filter(None, "".join(text.split()).split(";")):
        name, colon, value = piece.partition(":")
        if not (name and colon and value):
            raise InvalidValue("attributes", f"{piece!r} is not like rack:r1")
        attributes.append(Attribute(name, parse_value(value)))
    return tuple(attributes)
