"""Parts of an app that need something this Marathon does not have: refused by name rather than dropped without a word.

Unknown fields are ignored as ever (marathon-v2-api 1.3); these are known ones whose loss would change what runs.
"""

from collections.abc import Iterator, Mapping

from ..definition.problems import Problem

_VOLUME_KINDS = {
    "persistent": "persistent volumes are not supported",
    "external": "Feature external_volumes is not enabled. Enable with --enable_features external_volumes)",
    "secret": "Feature secrets is not enabled. Enable with --enable_features secrets)",
}
_SECRETS = _VOLUME_KINDS["secret"]
_SECRET_REFERENCES = "use of secret-references in the environment requires the secrets feature to be enabled"
_TOP_LEVEL = {
    "executorResources": "is not supported",
    "resourceLimits": "is not supported",
    "check": "is not supported",
}


def unsupported_problems(body: Mapping[str, object]) -> list[Problem]:
    """What a well-formed body asks for that cannot be had; empty for most bodies."""
    return [*_top_level(body), *_container(body.get("container"))]


def _top_level(body: Mapping[str, object]) -> Iterator[Problem]:
    for name, message in _TOP_LEVEL.items():
        if body.get(name):
            yield Problem(f"/{name}", message)
    if body.get("secrets"):
        yield Problem("/secrets", _SECRETS)
    env = body.get("env")
    if isinstance(env, dict) and any(isinstance(value, dict) for value in env.values()):
        yield Problem("/env", _SECRET_REFERENCES)


def _container(container: object) -> Iterator[Problem]:
    if not isinstance(container, dict):
        return
    docker = container.get("docker")
    if isinstance(docker, dict):
        if docker.get("pullConfig"):
            yield Problem("/container/docker/pullConfig", _SECRETS)
        if docker.get("credential"):
            yield Problem("/container/docker/credential", "must be empty")
    if container.get("linuxInfo"):
        yield Problem("/container/linuxInfo", "is not supported")
    volumes = container.get("volumes")
    for index, volume in enumerate(volumes if isinstance(volumes, list) else ()):
        for kind, message in _VOLUME_KINDS.items():
            if isinstance(volume, dict) and volume.get(kind):
                yield Problem(f"/container/volumes({index})/{kind}", message)
