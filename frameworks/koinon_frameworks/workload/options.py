"""How a workload is run as a whole. What one task wants is ``spec``'s."""

from __future__ import annotations

from attrs import frozen

from ..matching import FirstFit, PlacingRules, Strategy

_FIRST_FIT = FirstFit()


@frozen(kw_only=True)
class WorkloadOptions:
    """Choices that hold for all tasks of a workload."""

    strategy: Strategy = _FIRST_FIT
    """Which of the offers that fit is taken: ``FirstFit``, ``BestFit``, ``Spread`` or your own."""
    ends_services: bool = True
    """Whether services are ended when all that has an end has ended, so that the workload is done."""
    stays: bool = False
    """Whether the workload goes on when all has ended, as its owner may want more."""
    keeps_gpus: bool = True
    """Whether agents with GPUs are left to tasks that ask for some."""

    def rules(self) -> PlacingRules:
        """The same for the matcher."""
        return PlacingRules(strategy=self.strategy, keeps_gpus=self.keeps_gpus)
