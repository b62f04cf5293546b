"""The public face of the SDK: what is to be had at run time is what type checkers and readers see."""

from __future__ import annotations

from types import ModuleType

import pytest

import koinon_frameworks.public
import koinon_frameworks.testing.public


@pytest.mark.parametrize("package", [koinon_frameworks, koinon_frameworks.testing], ids=lambda each: each.__name__)
def test_names_on_demand_are_the_public_ones(package: ModuleType) -> None:
    """Both lists have the same names for the same things."""
    seen = {name: getattr(package.public, name) for name in package.public.__all__}

    assert seen == {name: getattr(package, name) for name in package.__getattr__("__all__")}
