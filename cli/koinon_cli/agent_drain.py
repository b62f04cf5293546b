"""``koinon agent drain``: emptying an agent, with a line of progress until it is empty where that is wanted."""

from __future__ import annotations

import time
from typing import Any

import click
from attrs import define, frozen
from rich.markup import escape

from .agent_state import agent_state
from .completion import AGENT
from .durations import read_duration
from .errors import Conflict, NotFound, TimedOut
from .lookup import find_agent_id
from .settings import Settings, json_option, show_json

_POLL_SECONDS = 0.5
_LIVE = ("TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING")


@frozen(kw_only=True)
class Terms:
    """What is wanted of an agent."""

    agent_id: str
    grace: float | None
    is_gone_then: bool

    def body(self) -> dict[str, Any]:
        """As DRAIN_AGENT has it."""
        body: dict[str, Any] = {"agent_id": {"value": self.agent_id}, "mark_gone": self.is_gone_then}
        if self.grace is not None:
            body["max_grace_period"] = {"seconds": int(self.grace), "nanos": round(self.grace % 1 * 1e9)}
        return body


@click.command("drain")
@AGENT
@click.option("--grace", callback=read_duration, metavar="DURATION", help="The most a task gets to end, like 5mins.")
@click.option("--gone", is_flag=True, help="It never comes back: mark it gone once it is empty.")
@click.option("--wait", is_flag=True, help="Return when the agent is empty.")
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Wait no longer; exit 6 then.")
@json_option
@click.pass_obj
def drain(settings: Settings, /, name: str, wait: bool, timeout: float | None, as_json: bool, **terms: Any) -> None:
    """End all tasks of an agent, and offer nothing more of it.

    Frameworks start their tasks elsewhere. The agent stays drained, over restarts, until koinon agent reactivate.
    """
    if timeout is not None and not wait:
        raise click.UsageError("--timeout is for --wait")
    wanted = Terms(agent_id=find_agent_id(settings, name), grace=terms["grace"], is_gone_then=terms["gone"])
    settings.tell_master("DRAIN_AGENT", **wanted.body())
    state = wait_until_drained(settings, wanted, timeout) if wait else "draining"
    if as_json:
        show_json({"agent_id": wanted.agent_id, "state": state})
    elif wait:
        settings.say(f"{wanted.agent_id} is {state}")
    else:
        settings.say(f"{wanted.agent_id} drains: koinon agent show {wanted.agent_id} says how far it is")


def wait_until_drained(settings: Settings, terms: Terms, timeout: float | None) -> str:
    """``drained`` or ``gone``, as soon as it is. Raises TimedOut after ``timeout`` seconds, Conflict, CliError."""
    begin = time.monotonic()
    try:
        with settings.progress.status("draining ...") as status:
            told = _Told(settings)
            while True:
                state, line = _look(settings, terms)
                if state in ("drained", "gone"):
                    return state
                if timeout is not None and time.monotonic() - begin >= timeout:
                    message = f"{terms.agent_id} is not empty within {timeout:g} seconds: the drain goes on"
                    raise TimedOut(message, problems=(line,))
                status.update(escape(line))
                told.tell(line)
                time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        settings.note(f"the drain of {terms.agent_id} goes on")
        raise


@define
class _Told:
    """What was said last where nobody watches: a line a change, not a line a look."""

    settings: Settings
    last: str = ""

    def tell(self, line: str) -> None:
        if line != self.last and not self.settings.progress.is_terminal:
            self.settings.note(line)
            self.last = line


def _look(settings: Settings, terms: Terms) -> tuple[str, str]:
    """The agent's state, and a line that says what is left."""
    agents = settings.ask_master("/state-summary")["slaves"]
    found = next((each for each in agents if each["id"] == terms.agent_id), None)
    if found is None:
        state = "gone" if terms.is_gone_then and _is_unknown(settings, terms) else "unreachable"
        return state, f"{terms.agent_id} is unreachable: it drains once it is back"
    state = agent_state(found)
    if state not in ("draining", "drained"):
        raise Conflict(f"{terms.agent_id} is {state}: somebody ended the drain")
    # One that is to be gone leaves the list; that alone is its end.
    if state == "drained" and terms.is_gone_then:
        state = "draining"
    counts = {name: found[name] for name in _LIVE if found[name]}
    left = sum(counts.values())
    each = ", ".join(f"{count} {name.removeprefix('TASK_').lower()}" for name, count in counts.items())
    return state, f"{found['hostname']} drains, tasks left: {left}" + (f" ({each})" if left else "")


def _is_unknown(settings: Settings, terms: Terms) -> bool:
    """Whether the master no longer knows the agent: to ask the same of it again is refused then, and else no change."""
    try:
        settings.tell_master("DRAIN_AGENT", **terms.body())
    except NotFound:
        return True
    except Conflict:
        return False
    return False
