"""JSON objects to values and back, for whichever API; what the values mean is not known here."""

from .structure import MAX_DEPTH, Strictness, json_name, make_converter, parse_object, structure

__all__ = ["MAX_DEPTH", "Strictness", "json_name", "make_converter", "parse_object", "structure"]
