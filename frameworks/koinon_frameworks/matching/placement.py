"""A place as constraints see it: the fields they name, and the texts they compare (marathon-semantics 12.1)."""

import attrs

from koinon_core.attributes import Attribute, format_value
from koinon_core.ranges import Ranges

_SPECIAL = {"hostname": "hostname", "@hostname": "hostname", "@region": "region", "@zone": "zone"}
"""Fields of a constraint that are no attributes."""


@attrs.frozen(kw_only=True)
class Placement:
    """Where an instance is, or would be: what constraints can see of an agent."""

    hostname: str
    attributes: tuple[Attribute, ...] = ()
    region: str | None = None
    zone: str | None = None

    def value_of(self, field: str) -> Attribute | None:
        """A constraint field's value here, or None; the first attribute of that name (marathon-semantics 12.1)."""
        if field in _SPECIAL:
            text: str | None = getattr(self, _SPECIAL[field])
            return None if text is None else Attribute(field, text)
        return next((attribute for attribute in self.attributes if attribute.name == field), None)

    def text_of(self, field: str) -> str | None:
        """The same value as the text that operators compare, or None."""
        if field in _SPECIAL:
            text: str | None = getattr(self, _SPECIAL[field])
            return text
        found = self.value_of(field)
        return None if found is None else comparable_text(found)


def comparable_text(attribute: Attribute) -> str:
    """An attribute's value as Marathon compares it: ranges without spaces, scalars without trailing zeros."""
    if isinstance(attribute.value, Ranges):
        return "[" + ",".join(f"{begin}-{end}" for begin, end in attribute.value.intervals) + "]"
    return format_value(attribute.value)
