"""The page for people, as the package ships it: one HTML text, its script and style inside."""

from importlib.resources import files
from typing import Final

PAGE: Final = files(__package__).joinpath("page.html").read_text(encoding="utf-8")
