"""Broken promises of this package. What a user got wrong is a `problems.Problem`, not an exception."""

from attrs import frozen


@frozen
class MarathonError(Exception):
    """The root of this package's errors."""

    def __str__(self) -> str:
        return self.__class__.__name__


@frozen
class UnreadableApp(MarathonError, ValueError):
    """The store's fault: a record holds no app. `path` is the field at fault, empty for the whole record."""

    path: str
    why: str

    def __str__(self) -> str:
        return f"stored app: {self.path or 'record'}: {self.why}"
