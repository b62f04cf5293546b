"""What a plugin's start may give wrongly is told by field before any of it is used."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from koinon_core.frameworks import FrameworkInfo
from koinon_frameworks import Framework, Scheduler
from koinon_frameworks.host.framework_check import find_fault_in

RIGHT = Framework(info=FrameworkInfo(user="root", name="painter"), scheduler=Scheduler())


async def never_called() -> None:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("info", {"user": "root"}, "info is of type dict, no FrameworkInfo"),
        ("scheduler", Scheduler, "scheduler is the class Scheduler, no Scheduler"),
        ("driver_options", None, "driver_options is of type NoneType, no DriverOptions"),
        ("routes", ["/x"], "routes[0] is of type str, no web.RouteDef"),
        ("root_routes", "/x", "root_routes is of type str, no tuple"),
        ("work", (never_called, 17), "work[1] is of type int, no function that could be called"),
        ("page", 17, "page is of type int, no text"),
    ],
)
def test_fault_names_its_field(field: str, value: Any, fault: str) -> None:
    """Rather than whatever would be raised where the field is used."""
    assert f"start gave a Framework that can't be run: {fault}" == find_fault_in(evolve(RIGHT, **{field: value}))


def test_what_is_right_has_no_fault() -> None:
    """And what is no framework at all is named by its type."""
    assert find_fault_in(RIGHT) is None
    assert "start gave int, no Framework" == find_fault_in(7)
