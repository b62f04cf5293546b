"""The Docker Engine that the tests run containers in: the one `./dev` found or started."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import docker

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
