"""Where a backup lies: `file:///absolute/path`, the one kind of URI that is taken (marathon-semantics 23). Pure."""

from pathlib import Path
from urllib.parse import unquote, urlsplit


def parse_backup_place(text: str) -> Path:
    """The file that a URI names. Raises ValueError with a sentence that says what would do."""
    parts = urlsplit(text)
    if parts.scheme == "s3":
        raise ValueError("s3:// is not supported: write a file:// and copy it from there")
    if parts.scheme not in ("file", "") or parts.netloc not in ("", "localhost"):
        raise ValueError(f"{text!r} is no file:///path")
    path = Path(unquote(parts.path) if parts.scheme else text)
    if not path.is_absolute() or path.name in ("", ".."):
        raise ValueError(f"{text!r} names no file by its absolute path, as file:///var/backups/marathon.tar does")
    return path
