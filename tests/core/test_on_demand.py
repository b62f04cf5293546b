"""Names that are imported at their first use."""

from __future__ import annotations

import subprocess
import sys

import pytest

import koinon_core.wire
from koinon_core.wire.recordio import encode_record


def test_name_comes_from_its_module_and_stays() -> None:
    """The first use fetches it; from then on it is an ordinary name of the package."""
    assert encode_record is koinon_core.wire.encode_record
    assert encode_record is vars(koinon_core.wire)["encode_record"]


def test_stranger_is_named() -> None:
    """What the package does not have is an AttributeError, as of any module."""
    with pytest.raises(AttributeError, match=r"'koinon_core\.wire' has no attribute 'nonsense'"):
        _ = koinon_core.wire.nonsense


@pytest.mark.slow
def test_scheduler_under_test_loads_no_library_of_the_outside() -> None:
    """The driver and the fake master come without HTTP, ZooKeeper, SQLite and protobuf: tests begin at once."""
    program = (
        "import sys, koinon_frameworks, koinon_frameworks.testing.fake_master;"
        "koinon_frameworks.Workload, koinon_frameworks.FrameworkPlugin;"
        "print(sorted({'aiohttp', 'kazoo', 'sqlite3', 'google.protobuf'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "[]" == ended.stdout.strip()
