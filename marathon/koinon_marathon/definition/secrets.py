"""Secrets by name: what a definition declares, and where it refers to one (marathon-semantics 26).

The values are a plugin's work; which references are sound is `validation.secrets`.
"""

import attrs


@attrs.frozen
class SecretName:
    """A secret by the name that the definition declares it under."""

    secret: str


EnvValue = str | SecretName
"""A variable's value, or the declared secret that holds it."""


@attrs.frozen
class SecretSource:
    """Where a provider of secrets finds one."""

    source: str
