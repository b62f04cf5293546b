"""How long to wait before the next attempt."""

from random import Random

from attrs import frozen


@frozen(kw_only=True)
class Backoff:
    """Growing delays in seconds: ``initial``, times ``factor`` an attempt, never above ``maximum``.

    ``jitter`` is the share of a delay that is left to chance (0: none, 1: anything from nothing to the whole), so that
    a thousand agents do not come back in the same millisecond.
    """

    initial: float
    maximum: float
    factor: float = 2.0
    jitter: float = 0.0

    def delay(self, attempt: int, rng: Random) -> float:
        """Seconds to wait before attempt number ``attempt`` (0 is the first retry)."""
        return self.full(attempt) * (1 - self.jitter * rng.random())

    def full(self, attempt: int) -> float:
        """The same with nothing left to chance: the most it may be."""
        # The exponent is bounded, as 2.0 ** 5000 is an error and any daemon may be away that often.
        return min(self.maximum, self.initial * self.factor ** min(attempt, 64))
