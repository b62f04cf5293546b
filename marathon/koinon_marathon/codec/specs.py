"""Definitions of either kind as JSON objects, for whoever treats apps and pods alike."""

from ..definition.pods import Pod
from ..definition.run_specs import RunSpec
from .encoding import encode_app
from .pods import encode_pod


def encode_spec(spec: RunSpec) -> dict[str, object]:
    """An app or a pod as the API shows it."""
    return encode_pod(spec) if isinstance(spec, Pod) else encode_app(spec)
