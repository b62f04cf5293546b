"""What the UI is shown of apps: tables of rows, kept true while somebody reads them."""

from .source import AppsSource
from .viewers import Viewer

__all__ = ["AppsSource", "Viewer"]
