"""What must be looked at next, and no more: agents that changed, frameworks that want offers, refusals that ended.

Whatever is not on the agenda was looked at before, and nothing has changed that could make the answer another one.
"""

from __future__ import annotations

from collections.abc import Collection
from random import Random

from attrs import define, field

from .accounts import AgentAccount
from .clients import Subscription
from .cycle import Visit


@define(eq=False)
class Agenda:
    """Agents and subscriptions to look at. ``idle`` are all agents with something to give."""

    idle: dict[AgentAccount, None] = field(factory=dict)
    touched: dict[AgentAccount, None] = field(factory=dict)
    woken: dict[Subscription, None] = field(factory=dict)
    ended: dict[AgentAccount, dict[Subscription, None]] = field(factory=dict)
    is_reopened: bool = False

    def __bool__(self) -> bool:
        """Whether there may be something to grant."""
        return bool(self.touched or self.ended or self.is_reopened or (self.woken and self.idle))

    def copy(self) -> Agenda:
        """The same agenda, to go back to. Idle agents are not part of it, as they are what they are."""
        ended = {account: dict(subscriptions) for account, subscriptions in self.ended.items()}
        return Agenda(self.idle, dict(self.touched), dict(self.woken), ended, self.is_reopened)

    def note(self, account: AgentAccount, *, is_new: bool = True) -> None:
        """An agent's free resources are others now; ``is_new`` has it looked at if it has any."""
        if not (account.is_open and account.free):
            self.drop(account)
            return
        self.idle[account] = None
        if is_new:
            self.touched[account] = None

    def drop(self, account: AgentAccount) -> None:
        """An agent has nothing to give."""
        self.idle.pop(account, None)
        self.touched.pop(account, None)

    def end_refusal(self, subscription: Subscription, account: AgentAccount) -> None:
        """A framework may be offered an agent again that it refused."""
        if account in self.idle:
            self.ended.setdefault(account, {})[subscription] = None

    def forget(self, subscription: Subscription) -> None:
        """A framework is no longer in a role."""
        self.woken.pop(subscription, None)

    def take(self, count: int, rng: Random | None) -> list[Visit]:
        """What to look at, each agent once; the agenda is empty then. ``count`` is how many take part at all."""
        woken = self.woken
        if woken and len(woken) >= count:
            self.touched.update(self.idle)
        visits: list[Visit] = [(account, None) for account in self.touched]
        if woken and len(woken) < count:
            visits += [(account, self._wanted(account)) for account in self.idle if account not in self.touched]
        elif self.ended:
            visits += [(account, ended) for account, ended in self.ended.items() if account not in self.touched]
        self.touched, self.woken, self.ended, self.is_reopened = {}, {}, {}, False
        if rng is not None:
            rng.shuffle(visits)
        return visits

    def _wanted(self, account: AgentAccount) -> Collection[Subscription]:
        ended = self.ended.get(account)
        return self.woken if ended is None else {**self.woken, **ended}
