"""Chronos's JSON: its jobs as ours, ours as its, and what else its API told. Its addresses are ``http.chronos_*``'s."""

from .codec import CODEC
from .definition import ChronosJob
from .fates import FATES, Fate, passed_over, without_effect
from .from_job import KEPT_LABEL, chronos_object, with_kept
from .graph import csv_text, dot_text, summary_object
from .statistics import histogram, ranking, stat_object
from .to_job import to_job

__all__ = [
    "CODEC",
    "FATES",
    "KEPT_LABEL",
    "ChronosJob",
    "Fate",
    "chronos_object",
    "csv_text",
    "dot_text",
    "histogram",
    "passed_over",
    "ranking",
    "stat_object",
    "summary_object",
    "to_job",
    "with_kept",
    "without_effect",
]
