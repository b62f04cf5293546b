"""Somebody who listens to `/v2/events` through every change of the leader, and goes on where he was cut off."""

from __future__ import annotations

import threading
from itertools import pairwise
from random import Random

import requests
from attrs import define, field, frozen

from support.cluster import Cluster

GAP = "gap"
SILENCE = 15.0
"""Seconds without a word, heartbeats included, after which he asks anew."""


@frozen
class Heard:
    """One event: the number of the stream that brought it, its id (empty for one without) and its type."""

    stream: int
    id: str
    type: str
    """GAP for the comment that tells what can't be told any more."""

    @property
    def place(self) -> tuple[int, int]:
        """Its term and its number there."""
        term, _, number = self.id.partition("-")
        return int(term), int(number)


@define
class EventReader:
    """Reads from `begin` to `end`, with `Last-Event-ID` whenever a stream ended."""

    cluster: Cluster
    rng: Random
    heard: list[Heard] = field(factory=list)
    streams: int = 0
    _last: str = ""
    _is_over: threading.Event = field(factory=threading.Event)
    _thread: threading.Thread | None = None

    def begin(self) -> None:
        """Listen."""
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Listen no more."""
        self._is_over.set()

    @property
    def terms(self) -> list[int]:
        """The terms of leaders that were heard of, in that order."""
        return list(dict.fromkeys(heard.place[0] for heard in self.heard if heard.id))

    def faults(self) -> list[str]:
        """What a reader must not come across: numbers that go back or leave one out, a term that changed unsaid."""
        found = []
        numbered = [heard for heard in self.heard if heard.id]
        told = {heard.stream for heard in self.heard if heard.type == GAP}
        own_attaching = dict.fromkeys(heard.stream for heard in numbered)
        for before, after in pairwise(numbered):
            (old, last), (new, number) = before.place, after.place
            is_next = number == last + 1
            if number == last + 2 and after.stream in own_attaching:  # told without a number, at its beginning
                del own_attaching[after.stream]
                is_next = True
            if (old == new and not is_next) or new < old:
                found.append(f"{after.id} {after.type} follows {before.id} {before.type}")
            if old < new and (after.stream not in told or number > 2):
                found.append(f"{after.id} of another term follows {before.id}, and nothing told so")
        return found

    def _listen(self) -> None:
        while not self._is_over.wait(0.1):
            url = self.rng.choice(self.cluster.marathons).url
            headers = {"Accept": "text/event-stream", **({"Last-Event-ID": self._last} if self._last else {})}
            try:
                with requests.get(f"{url}/v2/events", headers=headers, stream=True, timeout=SILENCE) as answer:
                    if answer.ok:
                        self.streams += 1
                        self._take(answer)
            except requests.RequestException:
                continue

    def _take(self, answer: requests.Response) -> None:
        event_id = kind = ""
        for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
            name, _, value = line.partition(":")
            if line.startswith(": what followed"):
                self.heard.append(Heard(self.streams, "", GAP))
            elif name == "id":
                event_id = value.strip()
            elif name == "event":
                kind = value.strip()
            elif not line and kind:
                self.heard.append(Heard(self.streams, event_id, kind))
                self._last = event_id or self._last
                event_id = kind = ""
