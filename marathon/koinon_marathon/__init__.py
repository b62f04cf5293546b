"""Marathon: keeps apps running on offers, as a framework like any other.

Here are the names that others need to speak about apps; rules and codecs are imported from their modules.
"""

from .definition.apps import App, AppUpdate
from .definition.groups import Group
from .definition.path_ids import PathId
from .definition.problems import Problem, Rejection

__all__ = ["App", "AppUpdate", "Group", "PathId", "Problem", "Rejection"]
