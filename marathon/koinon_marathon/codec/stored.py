"""Canonical apps as bytes for the store, and back. The form is the API's own, so that people can read a record."""

import orjson

from ..definition.apps import App
from ..errors import UnreadableDefinition
from .encoding import encode_app
from .structure import structure


def dump_app(app: App) -> bytes:
    """The app, versions included, as JSON."""
    return orjson.dumps(encode_app(app))


def load_app(record: bytes) -> App:
    """The app that `dump_app` wrote. Raises UnreadableDefinition, which names the first field at fault."""
    try:
        parsed = orjson.loads(record)
    except orjson.JSONDecodeError as error:
        raise UnreadableDefinition("", str(error)) from error
    app = structure(parsed, App)
    if isinstance(app, list):
        raise UnreadableDefinition(app[0].path, app[0].message)
    return app
