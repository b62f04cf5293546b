"""Marathon: keeps apps running on offers, as a framework like any other.

Here are the names that others need to speak about apps; rules and codecs are imported from their modules.
"""

from .apps import App, AppUpdate
from .groups import Group
from .path_ids import PathId
from .problems import Problem, Rejection

__all__ = ["App", "AppUpdate", "Group", "PathId", "Problem", "Rejection"]
