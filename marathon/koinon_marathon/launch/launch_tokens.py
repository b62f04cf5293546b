"""How many launches may be under way before tasks are seen to run: a bucket of tokens (marathon-semantics 9).

Each launch costs one. A task that runs and is not unwell gives one back, and from time to time the bucket is full
again. So an app whose containers come up is not held back, and a storm of launches that come to nothing is.
"""


class LaunchTokens:
    """A bucket of `capacity`, full again every `interval` seconds."""

    def __init__(self, capacity: int, interval: float) -> None:
        self._capacity = capacity
        self._interval = interval
        self._left = capacity
        self._filled_at: float | None = None
        self._is_missed = False

    def left(self, now: float) -> int:
        """How many launches may begin now."""
        if self._filled_at is None or now >= self._filled_at + self._interval:
            self._left = self._capacity
            self._filled_at = now
        return self._left

    def spend(self) -> None:
        """A launch begins."""
        self._left -= 1

    def give_back(self) -> None:
        """A task runs and is not unwell; the bucket holds no more than its capacity."""
        self._left = min(self._capacity, self._left + 1)

    def miss(self) -> None:
        """Offers were sent away for want of a token: `take_wanted` says when they are welcome."""
        self._is_missed = True

    def take_wanted(self, now: float) -> bool:
        """Whether a token was missed and is here; says so once."""
        if not self._is_missed or not self.left(now):
            return False
        self._is_missed = False
        return True

    def deadline(self) -> float | None:
        """When the bucket is full again, if that is waited for."""
        if not self._is_missed or self._filled_at is None:
            return None
        return self._filled_at + self._interval
