"""Plain processes as containers."""
