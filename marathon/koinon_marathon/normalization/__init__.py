"""From what people write to the canonical form: first old spellings (`legacy`), then what is missing (`completion`)."""

from .completion import complete
from .legacy import translate
from .settings import Settings

__all__ = ["Settings", "complete", "translate"]
