"""Server-sent events as bytes, with CRLF as Marathon writes them (marathon-v2-api 11)."""


def frame_event(event_type: str, data: str, event_id: str | None = None) -> bytes:
    """One event. The id comes last: readers that take the first two lines for type and data never see it.

    Raises ValueError for a part that is more than one line.
    """
    head = f"event: {_one_line(event_type)}\r\ndata: {_one_line(data)}\r\n"
    return f"{head}\r\n".encode() if event_id is None else f"{head}id: {_one_line(event_id)}\r\n\r\n".encode()


def frame_comment(text: str) -> bytes:
    """A line that readers skip. Raises ValueError for more than one."""
    return f": {_one_line(text)}\r\n\r\n".encode()


def _one_line(text: str) -> str:
    if "\r" in text or "\n" in text:
        raise ValueError("what a server-sent event holds is one line each")
    return text
