"""Playing a scenario to a master."""

from __future__ import annotations

from aiohttp import ClientError

from .scenarios import Scenario
from .script import running_script
from .transcript import Transcript

CUT_SHORT = "cut short"
"""The step of a scenario that could not go on."""


async def play(scenario: Scenario, address: str) -> Transcript:
    """What the scenario saw of the master at ``host:port``. A scenario that can't go on says so in its last step."""
    async with running_script(address) as script:
        try:
            await scenario.play(script)
        except (LookupError, TimeoutError, TypeError, ValueError, OSError, ClientError) as error:
            script.note(CUT_SHORT, error=f"{type(error).__name__}: {error}"[:200])
        return script.transcript
