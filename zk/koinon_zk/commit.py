"""Commits a batch of writes to ZooKeeper as one ``multi``: the fence, the chunks put up ahead, the changes.

A write that fails the batch is taken out with its reason, and the rest goes again: neighbours never fail each other.
"""

import asyncio
from collections.abc import Mapping, Sequence

from attrs import Factory, define

from .batching import MAX_BYTES, Write, plan_spill
from .chunks import ChunkShelf
from .errors import Missing, StaleVersion, StoreUnavailable
from .fence import StoreFence
from .framing import CHUNK_BYTES, encode_frame
from .group_commit import Outcome
from .interfaces import ABSENT, Delete, Operation, Put
from .paths import record_path
from .session import Change, Check, Create, Refused, Remove, Session, SetData

_ATTEMPTS = 10


@define
class _Plan:
    """One write on its way. ``steps`` are the changes that it comes to, each with its operation."""

    write: Write
    steps: list[tuple[Operation, Change]] = Factory(list)
    chunks: dict[str, list[Check]] = Factory(dict)
    """By key: the parts put up for it, which must be there when the head is written."""
    ready: bool = False
    attempts: int = 0
    outcome: Outcome | None = None

    @property
    def checks(self) -> list[Check]:
        """Every part that was put up for it."""
        return [check for checks in self.chunks.values() for check in checks]


class BatchCommit:
    """Writes to one store."""

    def __init__(self, session: Session, root: str, shelf: ChunkShelf, fence: StoreFence) -> None:
        """``root`` is the store's path."""
        self._session = session
        self._root = root
        self._shelf = shelf
        self._fence = fence
        self._directories: set[str] = set()
        self._existing: set[str] = set()
        """Keys that we wrote last, so that writing them anew needs no question first."""

    async def commit(self, writes: Sequence[Write]) -> Sequence[Outcome]:
        """One outcome a write. Raises what concerns them all: QuorumUnavailable, Fenced."""
        plans = [_Plan(write) for write in writes]
        while waiting := [plan for plan in plans if plan.outcome is None]:
            unready = [plan for plan in waiting if not plan.ready]
            found = await self._look_up([op for plan in unready for op in plan.write.operations if op.expected is None])
            for plan in unready:
                await self._prepare(plan, found)
            await self._send([plan for plan in waiting if plan.outcome is None])
        for plan in plans:
            await self._clear_chunks(plan)
        return [plan.outcome for plan in plans if plan.outcome is not None]

    async def _send(self, plans: Sequence[_Plan]) -> None:
        guard = self._fence.guard()
        demands = [(plan, check) for plan in plans for check in plan.checks]
        steps = [(plan, operation, change) for plan in plans for operation, change in plan.steps]
        changes = [*guard, *(check for _, check in demands), *(change for _, _, change in steps)]
        result = await self._session.transact(changes) if changes else []
        first_step = len(guard) + len(demands)
        if not isinstance(result, Refused):
            versions = {
                operation.key: version for (_, operation, _), version in zip(steps, result[first_step:], strict=True)
            }
            for plan in plans:
                plan.outcome = _read_versions(plan.write, versions)
                self._remember(plan.write)
        elif result.index < len(guard):
            await self._fence.look()
        elif result.index < first_step:
            self._retry(demands[result.index - len(guard)][0])
        else:
            plan, operation, change = steps[result.index - first_step]
            self._judge(plan, operation, change, result)

    def _remember(self, write: Write) -> None:
        for operation in write.operations:
            if isinstance(operation, Put):
                self._existing.add(operation.key)
            else:
                self._existing.discard(operation.key)

    def _judge(self, plan: _Plan, operation: Operation, change: Change, refused: Refused) -> None:
        """A step failed: because the world moved on under an unconditional one, or because the caller is behind."""
        self._existing.discard(operation.key)
        lacks_directory = isinstance(change, Create) and isinstance(refused.failure, Missing)
        if lacks_directory:
            self._directories.clear()
        if lacks_directory or operation.expected is None:
            self._retry(plan)
        else:
            plan.outcome = StaleVersion(operation.key, operation.expected)

    def _retry(self, plan: _Plan) -> None:
        plan.ready = False
        plan.attempts += 1
        if plan.attempts >= _ATTEMPTS:
            plan.outcome = StoreUnavailable(self._root, f"a write failed {_ATTEMPTS} times: others write the same keys")

    async def _look_up(self, unconditional: Sequence[Operation]) -> dict[str, bool]:
        """By key: whether there is a record. One that we wrote is taken to be there still: if not, the step fails."""
        unsure = [op.key for op in unconditional if op.key not in self._existing]
        versions = await asyncio.gather(*(self._session.version(record_path(self._root, key)) for key in unsure))
        known = {op.key: True for op in unconditional}
        return known | {key: version is not None for key, version in zip(unsure, versions, strict=True)}

    async def _prepare(self, plan: _Plan, found: Mapping[str, bool]) -> None:
        """Turn operations into changes; ``found`` says what the unconditional ones meet. Put large values up ahead."""
        frames = {op.key: encode_frame(op.value) for op in plan.write.operations if isinstance(op, Put)}
        refused = await self._spill(plan, frames)
        if refused is not None:
            await self._fence.look()
            self._retry(plan)
            return
        plan.steps = []
        for operation in plan.write.operations:
            change = await self._make_change(operation, frames, found)
            if change is not None:
                plan.steps.append((operation, change))
        plan.ready = True

    async def _spill(self, plan: _Plan, frames: dict[str, bytes]) -> Refused | None:
        """Replace the frames that are too large by heads."""
        keys = list(frames)
        room = MAX_BYTES - plan.write.overhead
        for index in sorted(plan_spill([len(frames[key]) for key in keys], CHUNK_BYTES, room)):
            result = await self._shelf.put_up(keys[index], frames[keys[index]], self._fence.guard())
            if isinstance(result, Refused):
                return result
            frames[keys[index]], plan.chunks[keys[index]] = result
        return None

    async def _make_change(
        self, operation: Operation, frames: Mapping[str, bytes], found: Mapping[str, bool]
    ) -> Change | None:
        path = record_path(self._root, operation.key)
        expected = operation.expected
        if expected is None:
            exists, version = found[operation.key], -1
        else:
            exists, version = expected != ABSENT, expected - 1
        if isinstance(operation, Delete):
            return Remove(path, version) if exists else None
        if exists:
            return SetData(path, frames[operation.key], version)
        await self._ensure_directory(path.rpartition("/")[0])
        return Create(path, frames[operation.key])

    async def _ensure_directory(self, path: str) -> None:
        if path not in self._directories:
            await self._session.ensure(path, world_reads=False)
            self._directories.add(path)

    async def _clear_chunks(self, plan: _Plan) -> None:
        """Behind a write, its records' former chunks; behind a failed one, the chunks it had put up."""
        if isinstance(plan.outcome, list):
            for key in plan.write.keys:
                await self._shelf.clear(key, keep=plan.chunks.get(key, []))
        else:
            await self._shelf.drop(plan.checks)


def _read_versions(write: Write, versions: dict[str, int]) -> list[int]:
    """ZooKeeper counts a znode's versions from 0, a Store from 1."""
    return [versions[op.key] + 1 if isinstance(op, Put) else ABSENT for op in write.operations]
