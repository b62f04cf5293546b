"""The fixtures in a session of somebody else's, and a real cluster that does not start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from koinon_frameworks.testing import ClusterDidNotStart, ClusterOptions, RealCluster

pytestmark = [pytest.mark.slow, pytest.mark.system]

OTHERS = """
import sys
import pytest

def test_nothing_of_it_is_imported_before_it_is_asked_for():
    loaded = {name for name in sys.modules if name.startswith("koinon_")}
    fetches_names = {"koinon_core", "koinon_core.on_demand"}
    entered = {"koinon_frameworks", "koinon_frameworks.testing", "koinon_frameworks.testing.pytest_plugin"}
    assert fetches_names | entered == loaded

def test_its_asserts_are_left_alone(koinon_master):
    import koinon_core.offers
    assert "SourceFileLoader" == type(koinon_core.offers.__spec__.loader).__name__

def test_a_scheduler_runs(koinon_master):
    from koinon_frameworks import Scheduler
    koinon_master.add_agent()
    koinon_master.start(Scheduler())
    koinon_master.assert_declined()
    with pytest.raises(AssertionError, match="OFFERS fake-O0"):
        koinon_master.assert_launched("anything")
"""


def test_a_session_of_somebody_elses_has_the_fixtures(tmp_path: Path) -> None:
    """They come without an import, and cost nothing before they are used."""
    (tmp_path / "test_others.py").write_text(OTHERS)
    argv = [sys.executable, "-m", "pytest", "-q", str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)

    assert "3 passed" in done.stdout, done.stdout + done.stderr


def test_a_cluster_that_does_not_start_says_why() -> None:
    """In the words of ``koinon up``; nothing of it is left."""
    cluster = RealCluster(ClusterOptions(arguments=("--no-such-option",)))
    with pytest.raises(ClusterDidNotStart, match=r"(?s)ended with 2:.*--no-such-option"), cluster:
        pass

    assert not cluster.folder.exists()
