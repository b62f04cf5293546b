"""The user's command line: ``koinon`` with its nouns and verbs, and ``koinon up``, a whole cluster in one command."""

from .errors import CliError, ExitCode

__all__ = ["CliError", "ExitCode"]
