"""Images of a registry that wants to know who asks: a real engine, and Debian's docker-registry."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from io import BytesIO
from typing import Any
from uuid import uuid4

import docker
import pytest

from koinon_agent.containerizer import Launch, LaunchFailed
from koinon_agent.containerizer.docker.containerizer import DockerContainerizer
from koinon_agent.containerizer.docker.images.credentials import parse_logins
from koinon_agent.containerizer.docker.options import DockerOptions
from koinon_core.secret import Credential, Secret, SecretType, SecretValue
from support.docker_engine import BUSYBOX, docker_url
from support.docker_registry import PASSWORD, USER, PrivateRegistry, private_registry

Launcher = Callable[..., Launch]
Containerizers = Callable[[], AbstractAsyncContextManager[DockerContainerizer]]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def registry() -> Iterator[PrivateRegistry]:
    """One for all tests of this file."""
    with private_registry() as made:
        yield made


@pytest.fixture
def image(docker_engine: docker.DockerClient, registry: PrivateRegistry) -> Iterator[str]:
    """An image that only the registry has."""
    name = f"{registry.host}/test/{uuid4().hex}:1"
    docker_engine.images.build(fileobj=BytesIO(f"FROM {BUSYBOX}\nLABEL test={name}".encode()), tag=name, rm=True)
    pushed = docker_engine.api.push(name, auth_config={"username": USER, "password": PASSWORD})
    assert '"errorDetail"' not in pushed
    docker_engine.images.remove(name)
    yield name
    for found in docker_engine.images.list(name=name.rpartition(":")[0]):
        for tag in found.tags:
            if tag == name:
                docker_engine.images.remove(tag, force=True)


def config_of(registry: PrivateRegistry, password: str = PASSWORD) -> str:
    """A config.json as `docker login` writes it."""
    return json.dumps({"auths": {registry.host: {"auth": base64.b64encode(f"{USER}:{password}".encode()).decode()}}})


@pytest.fixture
async def trusted(registry: PrivateRegistry, containerizers: Containerizers) -> AsyncIterator[DockerContainerizer]:
    """A containerizer whose operator gave it a login; `containerizers` removes what it leaves."""
    made = DockerContainerizer(DockerOptions(url=docker_url(), logins=parse_logins(config_of(registry))))
    await made.start()
    yield made
    await made.stop()


async def run(containerizer: DockerContainerizer, launch: Launch) -> int | None:
    """The exit code."""
    await containerizer.launch(launch)
    return (await containerizer.wait(launch.container_id)).exit_code


async def test_who_shows_nothing_or_the_wrong_thing_gets_nothing(
    containerizer: DockerContainerizer, docker_launch: Launcher, image: str, registry: PrivateRegistry
) -> None:
    """The registry's refusal is the reason."""
    wrong = docker_launch("true", image=image)
    (wrong.sandbox / ".dockercfg").write_text(config_of(registry, "guess"))
    broken = docker_launch("true", image=image)
    (broken.sandbox / ".dockercfg").write_text("{hush")
    reasons = []
    for launch in (docker_launch("true", image=image), wrong, broken):
        with pytest.raises(LaunchFailed) as failure:
            await containerizer.launch(launch)
        reasons.append(str(failure.value))

    assert "no basic auth credentials" in reasons[0]
    assert "unauthorized" in reasons[1]
    assert ".dockercfg is no Docker config: it is no JSON" == reasons[2]


@pytest.mark.parametrize("name", [".dockercfg", ".docker/config.json"])
async def test_a_task_brings_its_login_along_among_what_is_fetched(
    containerizer: DockerContainerizer, docker_launch: Launcher, image: str, registry: PrivateRegistry, name: str
) -> None:
    """Under both names that Docker knows, as with Mesos."""
    launch = docker_launch("exit 3", image=image)
    (launch.sandbox / name).parent.mkdir(exist_ok=True)
    (launch.sandbox / name).write_text(config_of(registry))

    assert 3 == await run(containerizer, launch)


async def test_the_agent_has_a_login_for_all(trusted: DockerContainerizer, docker_launch: Launcher, image: str) -> None:
    """--docker_config serves tasks that bring none."""
    assert 4 == await run(trusted, docker_launch("exit 4", image=image))


async def test_what_was_pulled_can_be_pruned(
    trusted: DockerContainerizer, docker_launch: Launcher, image: str, docker_engine: docker.DockerClient
) -> None:
    """Images that this agent pulled go, unless a container is made of them or the call excludes them; others stay."""

    async def prune(*excluded: str) -> bool:
        await trusted.prune_images(excluded)
        return any(image in one.tags for one in docker_engine.images.list())

    launch = docker_launch("true", image=image)
    await run(trusted, launch)
    is_kept_while_used = await prune()
    await trusted.remove(launch.container_id)

    assert (True, True, False) == (is_kept_while_used, await prune(image), await prune())
    assert docker_engine.images.get(BUSYBOX)


@pytest.mark.parametrize("kind", ["config", "credential"])
async def test_a_mesos_image_holds_its_login(
    containerizer: DockerContainerizer, universal_launch: Launcher, image: str, registry: PrivateRegistry, kind: str
) -> None:
    """As a secret of the image, or as the older pair of principal and secret."""
    value = SecretValue(config_of(registry).encode())
    logins: dict[str, Any] = {
        "config": Secret(type=SecretType.VALUE, value=value),
        "credential": Credential(principal=USER, secret=PASSWORD),
    }
    launch = universal_launch("exit 5", docker={"name": image, kind: logins[kind]}, cached=False)

    assert 5 == await run(containerizer, launch)
