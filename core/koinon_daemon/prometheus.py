"""Metrics as Prometheus wants them: families with labels, made of the flat names by rules (no part of Mesos's API).

A daemon gives its rules; a name that none of them fits becomes a plain gauge, so that nothing that is counted stays
unseen. Timers become histograms in seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import accumulate
from urllib.parse import unquote

from attrs import Factory, define, field, frozen
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from .metrics import BOUNDS, Timer

PREFIX = "koinon_"
_HOLE = re.compile(r"\{(\w+)(\*?)\}")
_UNFIT = re.compile(r"[^a-zA-Z0-9_]+")


class Kind(Enum):
    """How a number behaves: a counter only grows, until the daemon starts again."""

    COUNTER = CounterMetricFamily
    GAUGE = GaugeMetricFamily


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


@frozen
class Series:
    """Where one flat name goes: its family, and its labels."""

    family: str
    help: str
    kind: Kind
    labels: dict[str, str]


@define(eq=False)
class FlatNames(Collector):
    """The numbers and timers of one scrape as families."""

    rules: Sequence[Rule]
    numbers: Mapping[str, float]
    timers: Mapping[str, Timer]
    known: dict[str, Series | None]
    prefix: str

    def collect(self) -> Iterator[Metric]:
        """The families, each once."""
        families: dict[str, Metric] = {}
        for name, number in self.numbers.items():
            series = self._series(name)
            if series is None:
                continue
            family = families.get(series.family)
            if family is None:
                family = families[series.family] = series.kind.value(series.family, series.help)
            suffix = "_total" if series.kind is Kind.COUNTER else ""
            family.add_sample(series.family + suffix, series.labels, float(number))
        yield from families.values()
        yield from (_histogram(name, timer) for name, timer in self.timers.items())

    def _series(self, name: str) -> Series | None:
        try:
            return self.known[name]
        except KeyError:
            self.known[name] = found = find_series(self.rules, name, self.prefix)
            return found


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

    def render(self, numbers: Mapping[str, float], timers: Mapping[str, Timer], accept: str = "") -> tuple[bytes, str]:
        """The body and its content type, in the newest format that ``accept`` names.

        May run in a thread of its own: it reads what it was given and nothing else.
        """
        if len(self.known) > 2 * len(numbers) + 1000:
            self.known = {}
        registry = CollectorRegistry()
        registry.register(FlatNames(self._rules, numbers, timers, self.known, self._prefix))
        ProcessCollector(registry=registry)
        encode, content_type = choose_encoder(accept)
        return encode(registry), content_type
