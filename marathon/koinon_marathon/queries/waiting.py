"""Why instances wait that no offer was refused for: a delay, launch tokens, no master, no offer (marathon-semantics 9).

What each agent's offer lacked is in `launch.match_statistics`; the queue shows both.
"""

from math import ceil

from ..definition.run_specs import RunSpec
from ..instance.instances import TaskFailure
from ..state import State

MOST_SAID = 500
"""Characters of what a task says of itself."""


def waiting_sentences(state: State, spec: RunSpec, now: float, *, counts_down: bool = True) -> list[str]:
    """What keeps the app or pod waiting as a whole, a sentence each; empty where only offers are to blame.

    Without `counts_down` no sentence changes as time passes: for those who are told of changes.
    """
    if not state.queue.count(spec.id):
        unconfirmed = len(state.queue.unconfirmed(spec.id))
        return [f"{unconfirmed} launched, and no agent has said yet that it begins"] if unconfirmed else []
    delay = _delay(state, spec, now, counts_down=counts_down)
    if delay is not None:
        return [delay]
    sentences = []
    if not state.is_connected:
        sentences.append("Marathon is not connected to a master, so nothing is offered to it")
    if not state.tokens.left(now):
        sentences.append(f"{state.options.launch_tokens} launches wait for their tasks to run: see --launch_tokens")
    if not sentences and not state.statistics.of(spec.id).processed:
        sentences.append(f"no offer for role {spec.role} has come since it began to wait")
    return sentences


def _delay(state: State, spec: RunSpec, now: float, *, counts_down: bool) -> str | None:
    delay = state.backoff.current(spec, now)
    if delay is None or delay.deadline <= now:
        return None
    ended = "ended once" if delay.failures == 1 else f"ended {delay.failures} times in a row"
    last = state.failures.get(spec.id)
    how = ", the last time well" if last is None or last.at < delay.failed_at else f", last: {describe_failure(last)}"
    return f"{ended}{how}" + (f"; next try in {ceil(delay.deadline - now)} s" if counts_down else "")


def describe_failure(failure: TaskFailure) -> str:
    """How a task ended, where, and the beginning of what was said of it: a task may say megabytes."""
    host = f" on {failure.host}" if failure.host else ""
    said = f": {failure.message[:MOST_SAID]}" if failure.message else ""
    return f"{failure.state.name}{host}{said}"
