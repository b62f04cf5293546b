"""The Docker Engine that the tests run containers in: the one `./dev` found or started."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import docker
from docker.models.containers import Container

from chores.busybox import IMAGE, ensure_image
from chores.engine import find_engine
from chores.ground import ChoreError
from support.parts import miss

BUSYBOX = IMAGE


def docker_url() -> str:
    """The address of an engine that holds the image `koinon/busybox`. Skips or fails the test where none answers."""
    url = find_engine()
    if url is None:
        miss("Docker Engine", "none answers")
    try:
        ensure_image(url)
    except ChoreError as error:
        miss(BUSYBOX, str(error))
    return url


@contextmanager
def docker_client() -> Iterator[docker.DockerClient]:
    """A client of that engine."""
    client = docker.DockerClient(base_url=docker_url(), timeout=30)
    try:
        yield client
    finally:
        client.close()


def find_containers(client: docker.DockerClient, **filters: Any) -> list[Container]:
    """Containers that match the engine's filters, running or not. One that goes away meanwhile is no error."""
    return client.containers.list(all=True, filters=filters, ignore_removed=True)


def remove_containers(containers: Iterable[Container]) -> None:
    """Remove containers by force. One that is gone already, or on its way, is as good."""
    for container in containers:
        try:
            container.remove(force=True, v=True)
        except docker.errors.APIError as error:
            if error.status_code not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
                raise
