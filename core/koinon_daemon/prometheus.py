"""Metrics as Prometheus wants them: families with labels, made of the flat names by rules (no part of Mesos's API).

A daemon gives its rules; a name that none of them fits becomes a plain gauge, so that nothing that is counted stays
unseen. Timers become histograms in seconds. What is many, the flat names, is written here from heads that are made
once a name: there may be tens of thousands, and while they are written the daemon's loop gets half of the processor.
The rest is written by Prometheus's own library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import accumulate
from math import isfinite
from urllib.parse import unquote

from attrs import Factory, field, frozen
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from .metrics import BOUNDS, Timer

PREFIX = "koinon_"
_HOLE = re.compile(r"\{(\w+)(\*?)\}")
_UNFIT = re.compile(r"[^a-zA-Z0-9_]+")


class Kind(Enum):
    """How a number behaves: a counter only grows, until the daemon starts again."""

    COUNTER = "counter"
    GAUGE = "gauge"


@frozen
class Rule:
    """Which flat names belong to one family, and what they say beside their number.

    ``pattern`` is a name with holes: ``{role}`` takes one part of it, up to the next ``/``; ``{role*}`` any number.
    What stands in a hole becomes the label, with ``%2F`` and the like undone. ``family`` None leaves the names out:
    they are sums or shares that a query gets from the others. The first rule that fits wins.
    """

    pattern: str
    family: str | None
    help: str = ""
    kind: Kind = Kind.GAUGE
    labels: Mapping[str, str] = field(factory=dict)
    _expression: re.Pattern[str] = field(
        init=False, repr=False, eq=False, default=Factory(lambda self: _compile(self.pattern), takes_self=True)
    )
    _start: str = field(
        init=False, repr=False, eq=False, default=Factory(lambda self: self.pattern.partition("{")[0], takes_self=True)
    )

    def find_labels(self, name: str) -> dict[str, str] | None:
        """The labels of a flat name, or None where it does not fit."""
        if not name.startswith(self._start):
            return None
        match = self._expression.fullmatch(name)
        if match is None:
            return None
        return {**self.labels, **{label: unquote(text) for label, text in match.groupdict().items()}}


def _compile(pattern: str) -> re.Pattern[str]:
    # split() gives text, name, star, text, name, star, ..., text
    parts = _HOLE.split(pattern)
    expression = re.escape(parts[0])
    for name, star, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        expression += f"(?P<{name}>{'.+' if star else '[^/]+'}){re.escape(text)}"
    return re.compile(expression)


def _make_head(series: Series) -> str:
    labels = ",".join(f'{label}="{_escape(text)}"' for label, text in sorted(series.labels.items()))
    return f"{series.sample_name}{{{labels}}}" if labels else series.sample_name


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


@frozen
class Series:
    """Where one flat name goes: its family, and its labels. ``head`` is how its line begins."""

    family: str
    help: str
    kind: Kind
    labels: Mapping[str, str]
    head: str = field(init=False, eq=False, default=Factory(_make_head, takes_self=True))

    @property
    def sample_name(self) -> str:
        """The family's name as it stands in the text."""
        return f"{self.family}_total" if self.kind is Kind.COUNTER else self.family


@frozen(eq=False)
class Timers(Collector):
    """The timers of one scrape as families."""

    timers: Mapping[str, Timer]

    def collect(self) -> Iterator[Metric]:
        """A histogram each."""
        yield from (_histogram(name, timer) for name, timer in self.timers.items())


def find_series(rules: Iterable[Rule], name: str, prefix: str = PREFIX) -> Series | None:
    """Where a flat name goes, or None where a rule leaves it out; ``prefix`` is put before names without a rule."""
    for rule in rules:
        labels = rule.find_labels(name)
        if labels is not None:
            return None if rule.family is None else Series(rule.family, rule.help, rule.kind, labels)
    return Series(plain_name(name, prefix), f"{name}, under its flat name.", Kind.GAUGE, {})


def plain_name(name: str, prefix: str = PREFIX) -> str:
    """A flat name as the name of a family."""
    return prefix + _UNFIT.sub("_", name.replace("mesos/", "")).strip("_")


def _histogram(name: str, timer: Timer) -> HistogramMetricFamily:
    family = plain_name(name.removesuffix("_ms")) + "_seconds"
    bounds = [*(repr(bound) for bound in BOUNDS), "+Inf"]
    buckets = list(zip(bounds, map(float, accumulate(timer.counts)), strict=True))
    return HistogramMetricFamily(family, f"{name}, in seconds.", buckets=buckets, sum_value=timer.seconds)


class Exposition:
    """The text of each scrape. It remembers where names go, those that are gone not for long."""

    def __init__(self, rules: Sequence[Rule], prefix: str = PREFIX) -> None:
        self._rules = rules
        self._prefix = prefix
        self.known: dict[str, Series | None] = {}

    def render(self, numbers: Mapping[str, float], timers: Mapping[str, Timer]) -> tuple[bytes, str]:
        """The body and its content type.

        May run in a thread of its own: it reads what it was given and nothing else.
        """
        if len(self.known) > 2 * len(numbers) + 1000:
            self.known = {}
        registry = CollectorRegistry()
        registry.register(Timers(timers))
        ProcessCollector(registry=registry)
        return self._write(numbers).encode() + generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4

    def _write(self, numbers: Mapping[str, float]) -> str:
        known = self.known
        families: dict[str, list[str]] = {}
        for name, number in numbers.items():
            if name not in known:
                known[name] = find_series(self._rules, name, self._prefix)
            series = known[name]
            if series is None or not isfinite(number):
                continue
            lines = families.get(series.family)
            if lines is None:
                lines = families[series.family] = [
                    f"# HELP {series.sample_name} {series.help}",
                    f"# TYPE {series.sample_name} {series.kind.value}",
                ]
            lines.append(f"{series.head} {float(number)!r}")
        return "".join("\n".join(lines) + "\n" for lines in families.values())
