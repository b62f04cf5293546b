"""The numbers of a framework's runs, which fence its records: by election, or drawn from the same sequence."""

from __future__ import annotations

from contextlib import aclosing

from koinon_zk import Quorum

RUN_LABEL = "run-"
"""Begins the names of those that only draw a number among the candidates of an election."""
RUNS_OF_A_TERM = 1_000_000


def epoch_of(term: int, run: int) -> int:
    """The epoch of one run of the plugin within one term of its host: above that of every earlier run anywhere."""
    if not 0 < run < RUNS_OF_A_TERM:
        raise ValueError(f"a term has no run {run}")
    return term * RUNS_OF_A_TERM + run


async def draw_term(quorum: Quorum) -> int:
    """A number for a host that needs no election: above those of all who came before, elected or not.

    Waits for the quorum as long as it takes. Raises QuorumRefused.
    """
    async with aclosing(quorum.contender(RUN_LABEL).campaign(b"{}")) as standings:
        async for standing in standings:
            return standing.epoch
    raise AssertionError("a campaign begins with a standing")
