"""The master: keeps account of agents, frameworks and tasks, and shares what is free by offers."""

from .config import MasterConfig
from .master import Master

__all__ = ["Master", "MasterConfig"]
