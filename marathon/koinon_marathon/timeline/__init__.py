"""What happened to each app and pod, in order: who asked for what, and all that followed from it."""

from .book import TimelineBook
from .entries import Entry, Kind, Tone

__all__ = ["Entry", "Kind", "TimelineBook", "Tone"]
