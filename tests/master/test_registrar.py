"""The registry on a store: order, batches, fences, and records that can't be read."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from koinon_core.agents import AgentInfo
from koinon_core.ids import AgentId
from koinon_core.resources_text import parse_resources
from koinon_daemon.metrics import Metrics
from koinon_master.errors import LeadershipLost, RegistryUnreadable
from koinon_master.registrar import Registrar
from koinon_master.registry import AdmitAgent, AgentRecord, MarkAgentUnreachable, RegistryOperation, RemoveAgent
from koinon_zk import MemoryRecords, MemoryStore, Put


def _agent(name: str) -> AgentInfo:
    return AgentInfo(id=AgentId(name), hostname="h", resources=parse_resources("cpus:1;ports:[1-2]"))


async def _write(registrar: Registrar, *operations: RegistryOperation) -> list[RegistryOperation]:
    stored: list[RegistryOperation] = []
    all_stored = asyncio.Event()

    def note(operation: RegistryOperation) -> None:
        stored.append(operation)
        if len(stored) == len(operations):
            all_stored.set()

    for operation in operations:
        registrar.submit(operation)
    task = asyncio.create_task(registrar.run(note))
    waiter = asyncio.create_task(all_stored.wait())
    await asyncio.wait((task, waiter), return_when=asyncio.FIRST_COMPLETED)
    waiter.cancel()
    if task.done():
        task.result()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return stored


async def test_next_leader_reads_what_was_stored() -> None:
    """Admitted agents, unreachable ones with their moment, and no trace of removed ones."""
    shared = MemoryRecords()
    operations = (
        AdmitAgent(_agent("a")),
        AdmitAgent(_agent("b")),
        AdmitAgent(_agent("c")),
        MarkAgentUnreachable(info=_agent("b"), since=12.5),
        RemoveAgent(AgentId("c")),
    )
    first = Registrar(MemoryStore(shared), Metrics())
    await first.take_over(1)

    stored = await _write(first, *operations)
    registry = await Registrar(MemoryStore(shared), Metrics()).fetch()

    assert list(operations) == stored
    assert {
        "a": AgentRecord(info=_agent("a")),
        "b": AgentRecord(info=_agent("b"), unreachable_since=12.5),
    } == registry.agents


async def test_old_leader_writes_nothing_once_a_newer_one_took_over() -> None:
    """The write fails for good, and ends the old leader."""
    shared = MemoryRecords()
    old, new = Registrar(MemoryStore(shared), Metrics()), Registrar(MemoryStore(shared), Metrics())
    await old.take_over(1)
    await new.take_over(2)

    with pytest.raises(LeadershipLost, match="epoch 1 is fenced off by epoch 2"):
        await _write(old, AdmitAgent(_agent("a")))
    with pytest.raises(LeadershipLost):
        await Registrar(MemoryStore(shared), Metrics()).take_over(1)

    assert {} == shared.records


async def test_record_that_can_not_be_read_stops_the_start() -> None:
    """The key is named; nothing is skipped."""
    store = MemoryStore()
    await store.write([Put("agents/x", b'{"info":{}}')])

    with pytest.raises(RegistryUnreadable, match="agents/x"):
        await Registrar(store, Metrics()).fetch()


async def test_the_size_of_the_registry_is_known() -> None:
    """From the fetch on, and after each write; the next leader finds the same."""
    shared, metrics, next_metrics = MemoryRecords(), Metrics(), Metrics()
    first = Registrar(MemoryStore(shared), metrics)
    before = metrics.snapshot()
    await first.take_over(1)
    await first.fetch()
    empty = metrics.snapshot()
    await _write(first, AdmitAgent(_agent("a")), AdmitAgent(_agent("b")))
    two = metrics.snapshot()
    await _write(first, RemoveAgent(AgentId("b")))
    one = metrics.snapshot()
    second = Registrar(MemoryStore(shared), next_metrics)
    await second.take_over(2)
    await second.fetch()

    name = "registrar/registry_size_bytes"
    assert (0, 1, 0) == (before["registrar/log/recovered"], empty["registrar/log/recovered"], empty[name])
    assert 0 < one[name] < two[name]
    assert one[name] == next_metrics.snapshot()[name]
