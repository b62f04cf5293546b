"""Label selectors: `env==prod, tier in (web, api)` (marathon-v2-api 3.1).

Every form, the negative ones too, asks that the label is there.
"""

import re
from collections.abc import Callable, Mapping

import attrs

Test = Callable[[str], bool]

_TERM = r"(?:[-A-Za-z0-9_.]|\\.)+"
_SELECTOR = re.compile(
    rf"\s*(?P<key>{_TERM})"
    rf"(?:\s*(?P<operator>==|!=)\s*(?P<value>{_TERM})"
    rf"|\s+(?P<set>in|notin)\s*\(\s*(?P<values>{_TERM}(?:\s*,\s*{_TERM})*)\s*\))?"
    r"\s*(?P<end>,|$)"
)
_VALUE = re.compile(_TERM)


@attrs.frozen
class UnreadableSelector:
    """Why a text is no selector; `str()` is Marathon's message."""

    text: str
    position: int

    def __str__(self) -> str:
        return f"Can not parse label selector {self.text}. Reason: nothing readable at position {self.position}"


@attrs.frozen
class LabelSelector:
    """All of these must hold."""

    tests: tuple[tuple[str, Test], ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an app with these labels is selected."""
        return all(key in labels and test(labels[key]) for key, test in self.tests)


def parse_selector(text: str) -> LabelSelector | UnreadableSelector:
    """Read a selector."""
    tests: list[tuple[str, Test]] = []
    position = 0
    while True:
        found = _SELECTOR.match(text, position)
        if found is None:
            return UnreadableSelector(text, position)
        tests.append((_plain(found["key"]), _test(found)))
        position = found.end()
        if found["end"] != ",":
            return LabelSelector(tuple(tests))


def _test(found: re.Match[str]) -> Test:
    if found["operator"]:
        value, is_equal = _plain(found["value"]), found["operator"] == "=="
        return lambda label: (label == value) is is_equal
    if found["set"]:
        values, is_in = {_plain(each) for each in _VALUE.findall(found["values"])}, found["set"] == "in"
        return lambda label: (label in values) is is_in
    return lambda _label: True


def _plain(term: str) -> str:
    return re.sub(r"\\(.)", r"\1", term)
