"""An agent's operator API over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.operated_agent import Operated, operated_agent
from koinon_agent.config import AgentConfig
from koinon_daemon.flag_values import HostPort


@pytest.fixture
def config(tmp_path: Path) -> AgentConfig:
    """The agent's flags."""
    return AgentConfig(master=HostPort("m", 5050), work_dir=tmp_path)


@pytest.fixture
async def operated(config: AgentConfig, tmp_path: Path) -> AsyncIterator[Operated]:
    """A registered agent; what runs ends with the test."""
    async with operated_agent(config, tmp_path) as made:
        yield made
