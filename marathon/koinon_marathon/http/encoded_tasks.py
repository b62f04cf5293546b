"""Tasks encoded once: load balancers read all of them again and again, and few change in between.

Owns how long what was encoded stands. A task's JSON is kept until its instance or what its checks found changes, all of
an app's side by side until anything of them does. What a task shows is `queries.tasks`.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping

import attrs
import orjson

from ..definition.path_ids import PathId
from ..health.machine import Health
from ..instance.instances import Instance, InstanceId
from ..queries import has_task_to_show, task_object
from ..state import State

_SPARE = 1000
"""How many removed apps may be remembered before all are forgotten."""
_STEP = 50
"""Tasks to encode in one step: about a millisecond."""
_LONGEST = 0.02
"""Seconds of encoding before others have their turn."""


@attrs.frozen
class _EncodedTask:
    instance: Instance
    health: tuple[Health, ...]
    json: bytes


@attrs.define
class _EncodedList:
    """An app's tasks as they were at `stamp`, with commas between them."""

    tasks: dict[InstanceId, _EncodedTask] = attrs.field(factory=dict)
    stamp: object = None
    json: bytes = b""


async def in_turns(steps: Iterable[None]) -> None:
    """Do these steps, and let others have their turn in between."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for _ in steps:
        if loop.time() - begin > _LONGEST:
            await asyncio.sleep(0)
            begin = loop.time()


class EncodedTasks:
    """The tasks of each app, as elements of a JSON list."""

    def __init__(self) -> None:
        self._lists: dict[tuple[PathId, tuple[int, ...]], _EncodedList] = {}

    def of_spec(self, state: State, spec_id: PathId, service_ports: tuple[int, ...] = ()) -> list[orjson.Fragment]:
        """The elements of the app's list: none for none, else one fragment that holds them all."""
        known = self._list(spec_id, service_ports)
        stamp = state.instances.stamp(spec_id)
        if known.stamp is not stamp:
            instances = state.instances.of_spec(spec_id).values()
            known.tasks = {
                one.id: _encode(state, one, service_ports, known.tasks.get(one.id))
                for one in instances
                if has_task_to_show(one)
            }
            known.json = b",".join([task.json for task in known.tasks.values()])
            known.stamp = stamp
        return [orjson.Fragment(known.json)] if known.json else []

    async def prepare(self, state: State, wanted: Mapping[PathId, tuple[int, ...]]) -> None:
        """Encode what is not yet, by app with its service ports, while others have their turn."""
        await in_turns(self.steps(state, wanted))

    def steps(self, state: State, wanted: Mapping[PathId, tuple[int, ...]]) -> Iterator[None]:
        """The same step by step; apps and their instances may change between two of them."""
        count = 0
        for spec_id, service_ports in wanted.items():
            known = self._list(spec_id, service_ports)
            if known.stamp is state.instances.stamp(spec_id):
                continue
            for one in tuple(state.instances.of_spec(spec_id).values()):
                before = known.tasks.get(one.id)
                if not has_task_to_show(one) or (before is not None and before.instance is one):
                    continue
                known.tasks[one.id] = _encode(state, one, service_ports, None)
                count += 1
                if count % _STEP == 0:
                    yield

    def trim(self, live: int) -> None:
        """Let go of what is long removed, where `live` apps are there now."""
        if len(self._lists) > 4 * live + _SPARE:
            self._lists.clear()

    def _list(self, spec_id: PathId, service_ports: tuple[int, ...]) -> _EncodedList:
        key = (spec_id, service_ports)
        known = self._lists.get(key)
        if known is None:
            known = self._lists[key] = _EncodedList()
        return known


def _encode(state: State, one: Instance, service_ports: tuple[int, ...], known: _EncodedTask | None) -> _EncodedTask:
    """The task as it is now, which may be what is known of it."""
    health = tuple([found for task in one.tasks for found in state.health.of_task(task.id).values()])
    if known is not None and known.instance is one and known.health == health:
        return known
    # orjson's bytes lie in buffers that are several times as large as a task is long.
    return _EncodedTask(one, health, bytes(memoryview(orjson.dumps(task_object(state, one, service_ports)))))
