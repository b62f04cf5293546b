"""Definitions encoded once: load balancers read all apps again and again, and few of them change in between."""

from ..codec import encode_app
from ..definition.apps import App
from ..definition.path_ids import PathId

_SPARE = 1000
"""How many removed apps may be remembered before all are forgotten."""


class EncodedApps:
    """The last definition seen of each app, as its JSON object."""

    def __init__(self) -> None:
        self._known: dict[PathId, tuple[App, dict[str, object]]] = {}

    def encode(self, app: App) -> dict[str, object]:
        """The app's object, for the caller to add to; its parts are shared and not to be changed."""
        known = self._known.get(app.id)
        if known is None or known[0] is not app:
            known = self._known[app.id] = (app, encode_app(app))
        return dict(known[1])

    def trim(self, live: int) -> None:
        """Let go of what is long removed, where `live` apps are there now."""
        if len(self._known) > 2 * live + _SPARE:
            self._known.clear()
