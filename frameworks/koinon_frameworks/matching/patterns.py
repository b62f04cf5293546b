"""The expressions of LIKE and UNLIKE: Java's in what people write, RE2's in how they are matched.

No text takes long to match, whatever the expression. What Java has and RE2 has not, or reads otherwise, is refused by
name rather than matched differently.
"""

import functools
import re
from typing import Any

import re2

NO_PATTERN = "is not a valid regular expression"
_MAX_MEMORY = 1 << 20
"""Bytes for one compiled expression; a host name needs a thousandth of it."""
_LOOKS_AROUND = ("(?=", "(?!", "(?<=", "(?<!", "(?>")
_BRACED = re.compile(r"\\[pPx]\{[^}]*\}")
_REPEAT = re.compile(r"\{[0-9]{1,4}(,[0-9]{0,4})?\}")
_JAVA_ESCAPES = "123456789GHRXZhku"


class BadPattern(ValueError):
    """An expression that is none, or that only Java would understand. `str()` says which."""


def compile_pattern(text: str) -> Any:
    """The compiled expression, which has `fullmatch`. Raises BadPattern."""
    construct = _find_java_construct(text)
    if construct is not None:
        raise BadPattern(f"{construct} is not supported: expressions are RE2's, which never take long to match")
    options = re2.Options()
    options.max_mem, options.log_errors = _MAX_MEMORY, False
    try:
        return re2.compile(text, options)
    except (re2.error, UnicodeEncodeError) as error:
        raise BadPattern(NO_PATTERN) from error


@functools.lru_cache(maxsize=4096)
def matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches. Raises BadPattern."""
    return _compiled(pattern).fullmatch(text) is not None


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    return compile_pattern(pattern)


def _find_java_construct(text: str) -> str | None:
    """The first thing that RE2 has not, or takes for something else; None where both read the same.

    Raises BadPattern for what Java takes for no expression and RE2 for an ordinary one.
    """
    position = 0
    while position < len(text):
        if text.startswith("\\Q", position):
            end = text.find("\\E", position)
            position = len(text) if end < 0 else end + 2
        elif text[position] == "\\":
            if text[position + 1 : position + 2] in tuple(_JAVA_ESCAPES):
                return text[position : position + 2]
            braced = _BRACED.match(text, position)
            position = braced.end() if braced else position + 2
        elif text[position] == "{" and not _REPEAT.match(text, position):
            raise BadPattern(NO_PATTERN)  # to RE2 it would be a brace like any other letter
        elif text[position] == "[":
            end, construct = _read_class(text, position + 1)
            if construct is not None:
                return construct
            position = end
        else:
            found = next((word for word in _LOOKS_AROUND if text.startswith(word, position)), None)
            if found is not None:
                return found
            position += 1
    return None


def _read_class(text: str, position: int) -> tuple[int, str | None]:
    """Where a class of characters ends that begins before `position`, and what of it only Java has."""
    position += text.startswith("^", position)
    position += text.startswith("]", position)
    while position < len(text) and text[position] != "]":
        if text.startswith("&&", position):
            return position, "&& between classes"
        if text[position] == "[":
            return position, "a class within a class"
        position += 2 if text[position] == "\\" else 1
    return position + 1, None
