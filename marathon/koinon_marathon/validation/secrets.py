"""Secrets that a definition declares and refers to: marathon-v2-api 3.3 and 4.3."""

from collections.abc import Iterator, Mapping, Set

from ..definition.app_container import Container, ContainerType
from ..definition.problems import Problem
from ..definition.secrets import EnvValue, SecretName, SecretSource
from ..definition.volumes import ExternalVolume, SecretVolume
from .features import SECRETS, feature_problems

Declared = Mapping[str, SecretSource]

_ENV_FEATURE = "use of secret-references in the environment requires the secrets feature to be enabled"


def declared_problems(secrets: Declared, features: Set[str]) -> Iterator[Problem]:
    """What is wrong with the declarations themselves."""
    if not secrets:
        return
    yield from feature_problems(SECRETS, features, "/secrets")
    for name, secret in secrets.items():
        if not name:
            yield Problem("/secrets/", "must not be empty")
        if not secret.source:
            yield Problem(f"/secrets/{name}/source", "must not be empty")


def env_problems(env: Mapping[str, EnvValue], secrets: Declared, features: Set[str], path: str) -> Iterator[Problem]:
    """Variables whose secret nobody declared, or that need the feature."""
    references = {name: value.secret for name, value in env.items() if isinstance(value, SecretName)}
    if references and SECRETS not in features:
        yield Problem(path, _ENV_FEATURE)
    for name, secret in references.items():
        if secret not in secrets:
            yield Problem(f"{path}/{name}/secret", "references an undefined secret")


def container_secret_problems(container: Container, secrets: Declared, features: Set[str]) -> Iterator[Problem]:
    """Volumes and credentials whose secret nobody declared, or that need the feature or the other engine."""
    volumes = {index: one for index, one in enumerate(container.volumes) if isinstance(one, SecretVolume)}
    if volumes:
        yield from feature_problems(SECRETS, features, "/container/volumes")
    for index, one in volumes.items():
        if one.secret not in secrets:
            yield Problem(f"/container/volumes({index})", "volume.secret must refer to an existing secret")
    for index, volume in enumerate(container.volumes):
        if isinstance(volume, ExternalVolume) and not set(volume.external.secrets) <= set(secrets):
            yield Problem(f"/container/volumes({index})/external/options", "references an undefined secret")
    config = container.docker.pull_config if container.docker is not None else None
    if config is None:
        return
    path = "/container/docker/pullConfig"
    if container.type is ContainerType.DOCKER:
        yield Problem(path, "pullConfig is not supported with Docker containerizer")
        return
    yield from feature_problems(SECRETS, features, path)
    if config.secret not in secrets:
        yield Problem(path, "pullConfig.secret must refer to an existing secret")
