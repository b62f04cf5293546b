"""What can go wrong with jobs. What a person asked for wrongly names the field."""


class JobsError(Exception):
    """The root of this package's errors."""
