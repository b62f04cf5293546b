"""What ``koinon framework new`` writes: a package with a framework in it that works, and its tests."""

from .naming import Names, find_name_problems
from .rendering import render

__all__ = ["Names", "find_name_problems", "render"]
