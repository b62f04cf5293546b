"""What ``koinon up`` asks the daemons it started: whether they answer, and to run the apps of ``--app``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from ..errors import CliError, TimedOut, Unreachable
from ..http_api import Answer, HttpApi, Request
from ..paths import app_path
from .cluster_plan import ClusterPlan, DaemonPlan, Role

START_SECONDS = 120.0
_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 5.0


async def wait_until_up(api: HttpApi, plan: ClusterPlan, say: Callable[[str], None]) -> None:
    """Return when every daemon answers, every agent is registered and Marathon leads; say so where that takes time.

    Raises CliError naming what is missing after ``START_SECONDS``.
    """
    missing: list[str] = []
    told: list[str] = []
    patience = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                missing = await _find_missing(api, plan)
                if not missing:
                    return
                now = asyncio.get_running_loop().time()
                if missing != told and now > patience:
                    say(f"waiting for {', '.join(missing)}; logs are in {plan.work_dir / 'logs'}")
                    told, patience = missing, now + _PATIENCE_SECONDS
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise CliError(f"not up within {START_SECONDS:g} seconds: {', '.join(missing)}; see the logs") from None


async def run_apps(api: HttpApi, plan: ClusterPlan, apps: list[dict[str, Any]], say: Callable[[str], None]) -> None:
    """Have each app as its file says, and wait until each deployment is done. Raises CliError.

    An app that is there with the same content is left as it is: Marathon answers with a deployment without steps.
    """
    url = plan.of(Role.MARATHON)[0].url
    for app in apps:
        path = app_path(str(app.get("id", "")))
        request = Request(method="PUT", url=url + path, query={"partialUpdate": "false"}, body=app)
        answer = await _when_led(api, request)
        if answer.deployment_id:
            hint = partial(say, f"app {app.get('id')} waits: koinon app show {app.get('id')} says what for")
            await _wait_deployed(api, url, answer.deployment_id, hint)
        say(f"app {app.get('id')} is deployed")


async def _when_led(api: HttpApi, request: Request) -> Answer:
    """The answer, as soon as there is a leader to give it."""
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                try:
                    return await api.call(request)
                except Unreachable:
                    await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise TimedOut(f"{request.url}: nobody leads for {START_SECONDS:g} seconds") from None


async def _wait_deployed(api: HttpApi, url: str, deployment_id: str, hint: Callable[[], None]) -> None:
    """Return when it is done; ``hint`` is called where that takes time."""
    hinting = asyncio.get_running_loop().call_later(_PATIENCE_SECONDS, hint)
    try:
        await _wait_unlisted(api, url, deployment_id)
    finally:
        hinting.cancel()


async def _wait_unlisted(api: HttpApi, url: str, deployment_id: str) -> None:
    while True:
        answer = await _when_led(api, Request(method="GET", url=f"{url}/v2/deployments"))
        if deployment_id not in {deployment["id"] for deployment in answer.document}:
            return
        await asyncio.sleep(_POLL_SECONDS)


async def _find_missing(api: HttpApi, plan: ClusterPlan) -> list[str]:
    waiting = [daemon.name for daemon in plan.daemons if not await _has_come(api, daemon)]
    if waiting:
        return waiting
    if not await _answers(api, f"{plan.of(Role.MARATHON)[0].url}/v2/leader"):
        return ["Marathon's leader"]
    wanted, registered = len(plan.of(Role.AGENT)), await _count_agents(api, plan.of(Role.MASTER)[0])
    return [f"{wanted - registered} of {wanted} agents to register"] if registered < wanted else []


async def _has_come(api: HttpApi, daemon: DaemonPlan) -> bool:
    """Whether it answers. Frameworks need the cluster to be up, and the cluster needs no framework."""
    return daemon.role is Role.FRAMEWORK or await _answers(api, daemon.url + daemon.health_path)


async def _answers(api: HttpApi, url: str) -> bool:
    try:
        await api.call(Request(method="GET", url=url, deadline=5.0))
    except CliError:
        return False
    return True


async def _count_agents(api: HttpApi, master: DaemonPlan) -> int:
    try:
        document = (await api.call(Request(method="GET", url=f"{master.url}/slaves", deadline=5.0))).document
    except CliError:
        return 0
    return sum(1 for agent in document["slaves"] if agent["active"])
