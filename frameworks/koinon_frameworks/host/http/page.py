"""The host's own page: what runs here and how it fares, as plain HTML without a script. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .15rem 1.2rem .15rem 0; vertical-align: top; }
th { font-weight: 600; } code { font-size: .9em; } .state { font-weight: 600; }
@media (prefers-color-scheme: dark) { body { background: #16181c; color: #e4e4e4; } a { color: #8ab4f8; } }
"""


def render_page(document: Mapping[str, Any], numbers: Mapping[str, float]) -> str:
    """The page of what ``fare.document`` and the metrics say."""
    name = str(document["name"])
    framework, leadership, process = document["framework"], document["leadership"], document["process"]
    rows = {
        "state": document["state"],
        "framework": f"{framework['name'] or '-'}, id {framework['id'] or '-'}",
        "roles": ", ".join(framework["roles"]) or "-",
        "leader": leadership["leader"] or "-",
        "process": f"pid {process['pid'] or '-'}, run {process['runs']}",
        "failures in a row": str(process["failures_in_a_row"]),
        "last failure": document["last_failure"] or "-",
    }
    links = [("page", f"/{name}/"), ("metrics", "/metrics/snapshot"), ("Prometheus", "/metrics"), ("health", "/health")]
    return "".join(
        (
            "<!doctype html><html lang=en><meta charset=utf-8><meta http-equiv=refresh content=5>",
            f"<title>{escape(name)}</title><style>{_STYLE}</style>",
            f"<h1>{escape(name)}</h1><p>{escape(document['summary'] or '')}</p>",
            f"<p class=state>{escape(document['explanation'])}</p>",
            "<p>" + " | ".join(f'<a href="{escape(path)}">{escape(text)}</a>' for text, path in links) + "</p>",
            _table(rows.items()),
            _section("Options", _table(sorted((document["options"] or {}).items()))),
            _section("Routes", _list(document["routes"], f"/{name}") + _list(document["root_routes"], "")),
            _section("Numbers", _table((key, f"{value:g}") for key, value in sorted(numbers.items()))),
        )
    )


def _section(title: str, body: str) -> str:
    return f"<h2>{title}</h2>{body}" if body else ""


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"<tr><th>{escape(key)}<td>{escape(str(value))}" for key, value in rows]
    return f"<table>{''.join(lines)}</table>" if lines else ""


def _list(routes: Sequence[str], prefix: str) -> str:
    lines = []
    for route in routes:
        method, _, path = route.partition(" ")
        lines.append(f"<li><code>{escape(method)} {escape(prefix + path)}</code>")
    return f"<ul>{''.join(lines)}</ul>" if lines else ""
