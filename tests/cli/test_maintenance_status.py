"""What frameworks say to leaving a machine, as people read it."""

from __future__ import annotations

from koinon_cli.maintenance_status import machine_name, show_time, status_rows

NOON = 1_790_000_000_000_000_000


def test_row_for_each_framework_that_was_asked() -> None:
    """By name where it is known; machines that are down, or nobody answered for, have a row, too."""
    said = [
        {"status": "ACCEPT", "framework_id": {"value": "F-0"}, "timestamp": {"nanoseconds": NOON}},
        {"status": "DECLINE", "framework_id": {"value": "F-1"}, "timestamp": {"nanoseconds": NOON}},
    ]
    status = {
        "draining_machines": [{"id": {"hostname": "a", "ip": "10.0.0.1"}, "statuses": said}, {"id": {"hostname": "b"}}],
        "down_machines": [{"ip": "10.0.0.3"}],
    }

    assert [
        ("a,10.0.0.1", "draining", "web", "leaves", show_time(NOON)),
        ("a,10.0.0.1", "draining", "F-1", "stays", show_time(NOON)),
        ("b", "draining", "-", "-", "-"),
        (",10.0.0.3", "down", "-", "-", "-"),
    ] == status_rows(status, {"F-0": "web"})


def test_machine_is_named_as_it_is_given() -> None:
    """So that a name can be copied from a table into a command."""
    assert ["h", "h,1.2.3.4", ",1.2.3.4"] == [
        machine_name(machine) for machine in ({"hostname": "h"}, {"hostname": "h", "ip": "1.2.3.4"}, {"ip": "1.2.3.4"})
    ]
