"""The weights that a master starts with."""

from __future__ import annotations

import pytest

from fakes.master_bench import MasterBench
from koinon_daemon.errors import UsageError
from koinon_daemon.flags import flag_texts, parse_flags
from koinon_master.config import MasterConfig
from koinon_master.events import RegistryRecovered
from koinon_master.registry.records import Registry, SetWeights


def _config(text: str) -> MasterConfig:
    return parse_flags(MasterConfig, ["--registry=in_memory", f"--weights={text}"], {})


def test_weights_of_the_flag_hold_in_a_new_cluster_and_are_stored() -> None:
    """What operators change later is changed from there."""
    bench = MasterBench(_config("web=2, eng/batch=0.5"))
    bench.stores_at_once = False

    bench.push(RegistryRecovered(Registry()))

    expected = {"web": 2.0, "eng/batch": 0.5}
    assert expected == bench.master.state.weights
    assert [SetWeights(expected)] == bench.operations


def test_weights_of_the_registry_go_before_the_flag() -> None:
    """The flag is for the first start."""
    bench = MasterBench(_config("web=2"))
    registry = Registry()
    registry.apply(SetWeights({"web": 3.0}))

    bench.push(RegistryRecovered(registry))

    assert {"web": 3.0} == bench.master.state.weights


def test_weights_are_shown_as_they_were_given() -> None:
    """What /flags says."""
    assert "web=2,batch=0.5" == flag_texts(_config("web=2,batch=0.5"))["weights"]


@pytest.mark.parametrize("text", ["web", "web=", "web=0", "web=-1", "web=nan", "web=inf", "-a=1", "=2", "a=1,a=2"])
def test_bad_weights_are_refused_by_the_flags_name(text: str) -> None:
    """Before anything starts."""
    with pytest.raises(UsageError, match="--weights"):
        _config(text)
