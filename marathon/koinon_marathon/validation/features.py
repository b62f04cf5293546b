"""What has to be switched on before a definition may use it: `--enable_features` (marathon-semantics 26)."""

from collections.abc import Iterator, Set

from ..definition.problems import Problem

EXTERNAL_VOLUMES = "external_volumes"
GPU_RESOURCES = "gpu_resources"
SECRETS = "secrets"


def feature_problems(feature: str, features: Set[str], path: str) -> Iterator[Problem]:
    """Marathon's refusal of a feature that is off; the last bracket is in its own text, and clients compare it."""
    if feature not in features:
        yield Problem(path, f"Feature {feature} is not enabled. Enable with --enable_features {feature})")
