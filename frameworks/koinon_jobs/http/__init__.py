"""The jobs framework over HTTP: our own API, Chronos's beside it, and a page for people."""

from .desk import Desk
from .page import PAGE
from .routes import make_root_routes, make_routes

__all__ = ["PAGE", "Desk", "make_root_routes", "make_routes"]
