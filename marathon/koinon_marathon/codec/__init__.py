"""Definitions between Marathon's JSON and values: the only room of this package that reads a dict."""

from .decoding import decode_app, decode_apps, parse_json
from .encoding import encode_app, encode_health_check
from .stored import dump_app, load_app

__all__ = ["decode_app", "decode_apps", "dump_app", "encode_app", "encode_health_check", "load_app", "parse_json"]
