"""What ``koinon up`` asks the frameworks it started: whether they run. A cluster does not wait for them for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from ..errors import CliError
from ..http_api import HttpApi, Request
from .cluster_plan import DaemonPlan

PATIENCE_SECONDS = 15.0
_POLL_SECONDS = 0.2


async def wait_for_frameworks(api: HttpApi, plans: Sequence[DaemonPlan], say: Callable[[str], None]) -> None:
    """Return when all run or stand by, or when some take too long, which is said in their own words."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    waiting = {plan.name: (plan, "") for plan in plans}
    while waiting:
        for name, (plan, _) in tuple(waiting.items()):
            why = await _ask(api, plan)
            if why is None:
                del waiting[name]
            else:
                waiting[name] = (plan, why)
        if asyncio.get_running_loop().time() > deadline:
            break
        if waiting:
            await asyncio.sleep(_POLL_SECONDS)
    for name, (_, why) in waiting.items():
        say(f"{name} does not run yet: {why}")


async def _ask(api: HttpApi, plan: DaemonPlan) -> str | None:
    """Why it does not run; None where it does."""
    try:
        await api.call(Request(method="GET", url=plan.url + plan.health_path, deadline=5.0))
    except CliError as error:
        return str(error)
    return None
