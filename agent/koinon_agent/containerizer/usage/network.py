"""What a network namespace has sent and received, of the text of ``/proc/<pid>/net/dev``. Pure."""

from __future__ import annotations

_COLUMNS = {"bytes": 0, "packets": 1, "errors": 2, "dropped": 3}
_SENT_OFFSET = 8
_LOOPBACK = "lo"


def parse_network(text: str) -> dict[str, int]:
    """Fields of ``ResourceStatistics``: the sums over all interfaces but the loopback; empty where there is none."""
    rows = [line.split(":", 1) for line in text.splitlines() if ":" in line]
    counts = [row[1].split() for row in rows if row[0].strip() != _LOOPBACK]
    numbers = [
        [int(word) for word in row] for row in counts if len(row) >= 2 * _SENT_OFFSET and all(map(str.isdigit, row))
    ]
    if not numbers:
        return {}
    fields = {}
    for name, column in _COLUMNS.items():
        fields[f"net_rx_{name}"] = sum(row[column] for row in numbers)
        fields[f"net_tx_{name}"] = sum(row[column + _SENT_OFFSET] for row in numbers)
    return fields
