"""JSON objects to values and back, for whichever API; what the values mean is not known here."""

from .structure import MAX_DEPTH, Codec, Strictness, json_name, parse_list, parse_object, without_nulls

__all__ = ["MAX_DEPTH", "Codec", "Strictness", "json_name", "parse_list", "parse_object", "without_nulls"]
