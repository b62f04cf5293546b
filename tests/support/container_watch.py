"""Who runs in an engine, as its events tell it: the same witness for whoever starts and ends the containers.

Containers are told apart by one label. For benchmarks: listening costs the engine next to nothing, asking would.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import docker
from attrs import define, field

LABEL = "bench"


@define(eq=False)
class ContainerWatch:
    """The containers that run now, by the value of their label."""

    _running: dict[str, str] = field(factory=dict)
    _news: threading.Condition = field(factory=threading.Condition)
    starts: int = 0
    first_start: dict[str, float] = field(factory=dict)
    """When (time.perf_counter) the first container of each label ran."""

    def count(self, label: str) -> int:
        """How many with this label run."""
        return sum(each == label for each in self._running.values())

    def ids(self, label: str) -> list[str]:
        """Their ids, the oldest first."""
        with self._news:
            return [key for key, each in self._running.items() if each == label]

    def wait(self, is_there: Callable[[], bool], what: str, timeout: float = 180.0) -> float:
        """Wait until that is so; the time (time.perf_counter) at which it was. Raises TimeoutError."""
        with self._news:
            if not self._news.wait_for(is_there, timeout):
                seen = {label: self.count(label) for label in set(self._running.values())}
                raise TimeoutError(f"no {what} within {timeout:g} s; there are {seen}")
            return time.perf_counter()

    def hear(self, event: dict[str, object]) -> None:
        """Take one event of the engine in."""
        actor = event.get("Actor")
        if not isinstance(actor, dict):
            return
        label = actor["Attributes"].get(LABEL)
        if label is None:
            return
        with self._news:
            if event.get("Action") == "start":
                self._running[actor["ID"]] = label
                self.starts += 1
                self.first_start.setdefault(label, time.perf_counter())
            else:
                self._running.pop(actor["ID"], None)
            self._news.notify_all()


@contextmanager
def watched_containers(url: str) -> Iterator[ContainerWatch]:
    """Watch the engine at `url` while the block runs."""
    watch = ContainerWatch()
    client = docker.APIClient(base_url=url, timeout=3600)
    events = client.events(decode=True, filters={"type": "container", "event": ["start", "die"]})

    def listen() -> None:
        for event in events:
            watch.hear(event)

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield watch
    finally:
        events.close()
        client.close()
