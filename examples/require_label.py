"""A plugin of Marathon: refuses every app and pod that does not say whose it is.

Install it as a package whose pyproject.toml names it, and tell Marathon to load it:

    [project.entry-points."koinon.marathon.validators"]
    require-label = "require_label:RequireLabel"

    koinon-marathon ... --plugin_conf '{"plugins": {"owners": {"plugin": "validation.RunSpecValidator",
        "implementation": "require-label", "configuration": {"label": "owner"}}}}'
"""

from collections.abc import Mapping, Sequence
from typing import Any


class RequireLabel:
    """Made once, with the `configuration` of the plugin."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self._label = str(configuration["label"])

    def validate(self, definition: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
        """Asked for each new or changed definition, as the API shows it; answers with paths and sentences."""
        if definition.get("labels", {}).get(self._label):
            return []
        return [(f"/labels/{self._label}", f"every app must say in its label {self._label} whose it is")]
