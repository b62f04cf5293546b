"""Texts of flags to values and back: durations, sizes, booleans, addresses, lists, secrets.

Every parser takes the text and raises ValueError with a sentence that fits behind the flag's name.
"""

import re
from decimal import Decimal

import attrs

_SECONDS = {
    "ns": Decimal("1e-9"),
    "us": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "secs": Decimal(1),
    "mins": Decimal(60),
    "hrs": Decimal(3600),
    "days": Decimal(86400),
    "weeks": Decimal(604800),
}
_BYTES = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([A-Za-z]+)", re.ASCII)
_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})
_MAX_PORT = 65535


@attrs.frozen
class HostPort:
    """A host (name or address, IPv6 without brackets) and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@attrs.frozen
class Secret:
    """A text that must not be shown: its repr and its flag text hide it."""

    value: str = attrs.field(repr=False)


def parse_duration(text: str) -> float:
    """Seconds of `<number><unit>`: ns, us, ms, secs, mins, hrs, days, weeks (mesos-semantics 2)."""
    amount, unit = _split_amount(text, tuple(_SECONDS), "a duration such as 15secs")
    return float(amount * _SECONDS[unit])


def format_duration(seconds: float) -> str:
    """The shortest whole Mesos text of a duration: 600.0 is `10mins`, 0.5 is `500ms`."""
    exact = Decimal(repr(seconds))
    if exact == 0:
        return "0ns"
    for unit, length in reversed(_SECONDS.items()):
        if exact % length == 0:
            return f"{exact / length:f}".split(".", 1)[0] + unit
    return f"{exact:f}secs"


def parse_size(text: str) -> int:
    """Bytes of `<number><unit>`: B, KB, MB, GB, TB, each 1024 of the one before (mesos-semantics 2)."""
    amount, unit = _split_amount(text, tuple(_BYTES), "a size such as 512MB")
    size = amount * _BYTES[unit]
    if size != int(size):
        raise ValueError(f"{text!r} is not a whole number of bytes")
    return int(size)


def format_size(size: int) -> str:
    """The shortest whole text of a number of bytes: 2147483648 is `2GB`."""
    for unit, length in reversed(_BYTES.items()):
        if size >= length and size % length == 0:
            return f"{size // length}{unit}"
    return f"{size}B"


def parse_bool(text: str) -> bool:
    """True, false, 1, 0, yes, no, on, off in any case; an empty text is true, as `--flag` alone is."""
    lowered = text.strip().lower()
    if lowered in _TRUE or not lowered:
        return True
    if lowered in _FALSE:
        return False
    raise ValueError(f"{text!r} is neither true nor false")


def parse_int(text: str) -> int:
    """A decimal whole number."""
    try:
        return int(text, 10)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def parse_float(text: str) -> float:
    """A finite number."""
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if number in (float("inf"), float("-inf")) or number != number:
        raise ValueError(f"{text!r} is not a finite number")
    return number


def parse_port(text: str) -> int:
    """A port from 0 (any free one) to 65535."""
    port = parse_int(text)
    if not 0 <= port <= _MAX_PORT:
        raise ValueError(f"{text!r} is not a port from 0 to {_MAX_PORT}")
    return port


def parse_host_port(text: str) -> HostPort:
    """`host:port`, an IPv6 host in brackets."""
    host, separator, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"{text!r} is not host:port (an IPv6 host stands in brackets)")
    if not separator or not host:
        raise ValueError(f"{text!r} is not host:port")
    return HostPort(host, parse_port(port))


def parse_names(text: str) -> tuple[str, ...]:
    """The names of a comma-separated list, spaces around them and empty ones dropped."""
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _split_amount(text: str, units: tuple[str, ...], wanted: str) -> tuple[Decimal, str]:
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not {wanted}")
    if match[2] not in units:
        raise ValueError(f"{text!r} has the unknown unit {match[2]!r} (known: {', '.join(units)})")
    return Decimal(match[1]), match[2]
