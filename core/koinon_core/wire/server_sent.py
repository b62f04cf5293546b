"""Server-sent events as bytes, with CRLF as Marathon writes them (marathon-v2-api 11)."""

_ENDS = "\r\n"


def frame_event(event_type: str, data: str, event_id: str | None = None) -> bytes:
    """One event. The id comes last: readers that take the first two lines for type and data never see it.

    Raises ValueError for a part that is more than one line.
    """
    lines = [f"event: {_one_line(event_type)}", f"data: {_one_line(data)}"]
    if event_id is not None:
        lines.append(f"id: {_one_line(event_id)}")
    return "\r\n".join((*lines, "", "")).encode()


def frame_comment(text: str) -> bytes:
    """A line that readers skip. Raises ValueError for more than one."""
    return f": {_one_line(text)}\r\n\r\n".encode()


def _one_line(text: str) -> str:
    if any(end in text for end in _ENDS):
        raise ValueError("what a server-sent event holds is one line each")
    return text
