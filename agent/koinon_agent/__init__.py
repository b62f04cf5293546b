"""The agent: runs tasks in containers for a master, and outlives its own death without losing one of them."""

from .agent import Agent
from .settings import AgentSettings

__all__ = ["Agent", "AgentSettings"]
