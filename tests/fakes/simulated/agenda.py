"""Virtual time: what is to happen when, one thing after the other, and the story of what happened."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from itertools import count

STORY_LINES = 400
"""How much of a story is kept: the end is what explains a failure."""

Act = Callable[[], None]


class Agenda:
    """A clock that jumps from act to act. Acts of one instant happen in the order in which they were planned."""

    def __init__(self, start: float = 1_000_000.0) -> None:
        self.now = start
        self.steps = 0
        self._start = start
        self._acts: list[tuple[float, int, Act]] = []
        self._numbers = count()
        self._story: deque[str] = deque(maxlen=STORY_LINES)

    def after(self, seconds: float, act: Act) -> None:
        """Let something happen so many seconds from now."""
        self.at(self.now + seconds, act)

    def at(self, when: float, act: Act) -> None:
        """Let something happen at that time, or now if it is past."""
        heapq.heappush(self._acts, (max(when, self.now), next(self._numbers), act))

    def step(self, until: float) -> bool:
        """Do the next act, if its time comes no later than ``until``; whether there was one."""
        if not self._acts or self._acts[0][0] > until:
            self.now = max(self.now, until)
            return False
        self.now, _, act = heapq.heappop(self._acts)
        self.steps += 1
        act()
        return True

    def tell(self, who: str, what: str) -> None:
        """Add a line to the story."""
        self._story.append(f"{self.now - self._start:10.3f}  {who:<6} {what}")

    def story(self) -> str:
        """The lines so far, the oldest left out."""
        return "\n".join(self._story)
