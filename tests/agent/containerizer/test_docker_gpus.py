"""Whose which gpu is."""

from __future__ import annotations

from koinon_agent.containerizer.docker.gpus import GpuBook
from koinon_core.ids import ContainerId

A, B, C = ContainerId("a"), ContainerId("b"), ContainerId("c")


def test_no_two_containers_have_the_same_gpu() -> None:
    """Each gets what nobody has; what is given back is given out again."""
    book = GpuBook()

    assert (("0", "1"), (), ("2",)) == (book.take(A, 2), book.take(B, 0), book.take(C, 1))
    book.give_back(A)
    assert ("0",) == book.take(B, 1)


def test_only_the_operators_devices_are_given_out() -> None:
    """With a list there can be too few; then nothing is taken."""
    book = GpuBook(("1", "3"))

    assert ("1",) == book.take(A, 1)
    assert book.take(B, 2) is None
    assert ("3",) == book.take(C, 1)


def test_a_restarted_agent_knows_what_is_taken() -> None:
    """By the labels of the containers it found."""
    book = GpuBook()
    book.note(A, "0,2")
    book.note(B, "")

    assert ("1", "3") == book.take(C, 2)
