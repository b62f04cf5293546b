"""Rules that a well-formed definition may still break. Each validator returns problems, none raises."""

from .apps import SpecRules, validate_app
from .constraints import read_constraints
from .groups import validate_tree

__all__ = ["SpecRules", "read_constraints", "validate_app", "validate_tree"]
