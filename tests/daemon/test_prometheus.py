"""Flat names as Prometheus's families."""

from __future__ import annotations

from urllib.parse import quote

from prometheus_client.parser import text_string_to_metric_families

from koinon_daemon.metrics import Metrics
from koinon_daemon.prometheus import Exposition, Kind, Rule, Series, find_series

RULES = (
    Rule("f/{framework}/roles/{role*}/suppressed", "koinon_suppressed", "1 while suppressed."),
    Rule("f/{framework}/calls", None),
    Rule("f/{framework}/calls/{call}", "koinon_calls", "Calls.", Kind.COUNTER),
    Rule("cpus_used", "koinon_used", "Used.", labels={"resource": "cpus"}),
    Rule("mem_used", "koinon_used", "Used.", labels={"resource": "mem"}),
)


def render(metrics: Metrics) -> str:
    """What a scrape gets."""
    return Exposition(RULES).render(metrics.numbers(), metrics.timers())[0].decode()


def test_holes_become_labels() -> None:
    """One part of the name each, or several for a role; what is percent-encoded is plain again."""
    found = find_series(RULES, "f/a%20b%2Fc/roles/eng/web/suppressed")

    assert (
        Series("koinon_suppressed", "1 while suppressed.", Kind.GAUGE, {"framework": "a b/c", "role": "eng/web"})
        == found
    )


def test_sums_are_left_out_and_strangers_shown() -> None:
    """A query adds up by itself; what no rule knows is a gauge under its flat name."""
    assert find_series(RULES, "f/x/calls") is None
    assert Series("koinon_new_thing", "new/thing, under its flat name.", Kind.GAUGE, {}) == find_series(
        RULES, "new/thing"
    )


def test_families_are_whole_and_typed() -> None:
    """Each family once, with its type and all its series, readable by Prometheus's own parser."""
    metrics = Metrics()
    for name, number in {"cpus_used": 1.5, "f/x/calls/accept": 3, "mem_used": 64, "f/x/calls/kill": 1}.items():
        metrics.gauge(name, lambda number=number: number)  # type: ignore[misc]
    families = {family.name: family for family in text_string_to_metric_families(render(metrics))}

    assert ("counter", "gauge") == (families["koinon_calls"].type, families["koinon_used"].type)
    assert {"accept": 3, "kill": 1} == {one.labels["call"]: one.value for one in families["koinon_calls"].samples}
    assert {"cpus": 1.5, "mem": 64} == {one.labels["resource"]: one.value for one in families["koinon_used"].samples}
    assert "process_resident_memory_bytes" in families


def test_timers_are_histograms_in_seconds() -> None:
    """Buckets count up, the last one is all of them, sum and count are of all time."""
    metrics = Metrics()
    for seconds in (0.0001, 0.003, 0.003, 60.0):
        metrics.timer("registrar/state_store_ms", window=2).record(seconds)
    (family,) = (
        one for one in text_string_to_metric_families(render(metrics)) if one.name.startswith("koinon_registrar")
    )
    values = {(one.name.rpartition("_")[2], one.labels.get("le")): one.value for one in family.samples}

    assert ("koinon_registrar_state_store_seconds", "histogram") == (family.name, family.type)
    wanted: dict[tuple[str, str | None], float]
    wanted = {("bucket", "0.0001"): 1, ("bucket", "0.0025"): 1, ("bucket", "0.005"): 3, ("bucket", "10.0"): 3}
    wanted |= {("bucket", "+Inf"): 4, ("count", None): 4, ("sum", None): 60.0061}
    assert wanted == {key: values[key] for key in wanted}


def test_labels_may_hold_anything() -> None:
    """Quotes, backslashes and new lines in a framework's name come through; a number that is none is left out."""
    exposition = Exposition(RULES)
    name = 'a"b\\c\nd'
    body, content_type = exposition.render({f"f/{quote(name)}/calls/accept": 2, "mem_used": float("nan")}, {})
    families = {family.name: family for family in text_string_to_metric_families(body.decode())}

    assert "text/plain; version=0.0.4; charset=utf-8" == content_type
    assert [(name, 2.0)] == [(one.labels["framework"], one.value) for one in families["koinon_calls"].samples]
    assert "koinon_used" not in families


def test_names_that_are_gone_are_forgotten() -> None:
    """Frameworks come and go: what was known of their names does not pile up."""
    exposition = Exposition(RULES)
    for number in range(5000):
        exposition.render({f"f/{number}/calls/accept": 1.0}, {})

    assert len(exposition.known) < 1100
