"""The registry on a store: order, batches, fences, and records that can't be read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from koinon_core.agents import AgentInfo, DrainConfig, Unavailability
from koinon_core.containers import DurationInfo, TimeInfo
from koinon_core.ids import AgentId
from koinon_core.maintenance import MachineId, Schedule, Window
from koinon_core.quota import QuotaConfig
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import Scalar
from koinon_daemon.metrics import Metrics
from koinon_master.errors import LeadershipLost, RegistryTimeout, RegistryUnreadable
from koinon_master.registry.records import (
    AdmitAgent,
    AgentRecord,
    BeginDrain,
    ForgetAgents,
    MaintenanceRecord,
    MarkAgentGone,
    MarkAgentUnreachable,
    Registry,
    RegistryOperation,
    RemoveAgent,
    SetMaintenance,
    SetQuotas,
    SetWeights,
)
from koinon_master.registry.registrar import Registrar, RegistryPatience
from koinon_zk import MemoryRecords, MemoryStore, Put, StoreUnavailable
from koinon_zk.interfaces import Operation, Record, Versions


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


class _FlakyStore(MemoryStore):
    """A store that is away at first."""

    def __init__(self, failures: int, shared: MemoryRecords | None = None) -> None:
        self.shared = shared or MemoryRecords()
        super().__init__(self.shared)
        self.attempts = 0
        self.sizes: list[int] = []
        self._failures = failures

    def _fail(self) -> None:
        self.attempts += 1
        if self.attempts <= self._failures:
            raise StoreUnavailable("/registry", "away")

    async def get_all(self, prefix: str = "") -> dict[str, Record]:
        self._fail()
        return await super().get_all(prefix)

    async def write(self, operations: Sequence[Operation]) -> Versions:
        self._fail()
        self.sizes.append(len(operations))
        return await super().write(operations)


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


async def test_everything_operators_said_comes_back() -> None:
    """Drains, burnt ids, weights, quotas, windows and modes, as they were."""
    shared = MemoryRecords()
    drain = BeginDrain(
        agent_id=AgentId("a"), config=DrainConfig(max_grace_period=DurationInfo.of_seconds(5)), started=7.5
    )
    window = Window(unavailability=Unavailability(start=TimeInfo(10)), machine_ids=(MachineId(hostname="h"),))
    operations: tuple[RegistryOperation, ...] = (
        AdmitAgent(_agent("a")),
        drain,
        AdmitAgent(_agent("b")),
        MarkAgentGone(agent_id=AgentId("b"), since=3.5),
        SetWeights({"eng/web": 2.5}),
        SetQuotas((QuotaConfig(role="eng", guarantees={"cpus": Scalar.of(1)}, limits={"mem": Scalar.of(64)}),)),
        SetMaintenance(MaintenanceRecord(schedule=Schedule((window,)), down=(MachineId(hostname="h"),))),
    )
    expected = Registry()
    for operation in operations:
        expected.apply(operation)

    await _write(Registrar(MemoryStore(shared), Metrics()), *operations)
    registry = await Registrar(MemoryStore(shared), Metrics()).fetch()

    assert expected == registry


async def test_agents_that_were_stored_before_there_were_drains_are_read() -> None:
    """A record of the first release: an agent, and perhaps since when it is unreachable."""
    store = MemoryStore()
    await store.write([Put("agents/x", b'{"info":{"hostname":"h","id":{"value":"x"}},"unreachable_since":2.5}')])

    registry = await Registrar(store, Metrics()).fetch()

    assert {AgentId("x"): AgentRecord(info=AgentInfo(id=AgentId("x"), hostname="h"), unreachable_since=2.5)} == (
        registry.agents
    )


async def test_what_waits_while_the_store_is_away_is_written_once_it_is_back() -> None:
    """In order, in one write, and nobody is told before."""
    store = _FlakyStore(failures=1)
    registrar = Registrar(store, Metrics())
    operations = (AdmitAgent(_agent("a")), AdmitAgent(_agent("b")), RemoveAgent(AgentId("a")))

    stored = await _write(registrar, *operations)

    assert list(operations) == stored
    assert ["agents/b"] == list(store.shared.records)
    assert 2 == store.attempts


async def test_store_that_stays_away_ends_the_leader() -> None:
    """The flag whose time is over is named; nothing was told to be stored."""
    patience = RegistryPatience(fetch=0.01, store=0.01)

    with pytest.raises(RegistryTimeout, match=r"--registry_store_timeout=0\.01secs"):
        await _write(Registrar(_FlakyStore(failures=1000), Metrics(), patience), AdmitAgent(_agent("a")))
    with pytest.raises(RegistryTimeout, match="--registry_fetch_timeout"):
        await Registrar(_FlakyStore(failures=1000), Metrics(), patience).fetch()


async def test_one_write_holds_no_more_than_a_store_takes() -> None:
    """Thousands of entries are forgotten in several writes, each operation whole."""
    shared = MemoryRecords()
    ids = [AgentId(f"x{number}") for number in range(1000)]
    operations = [AdmitAgent(_agent(name)) for name in ids]
    forget = [ForgetAgents(tuple(ids[start : start + 100])) for start in range(0, 1000, 100)]
    store = _FlakyStore(failures=0, shared=shared)

    await _write(Registrar(store, Metrics()), *operations, *forget)

    assert {} == shared.records
    assert 300 >= max(store.sizes)


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
