"""Docker Swarm to be measured beside: one manager that is its own worker, services of sleeping containers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
from attrs import frozen

from support.container_watch import LABEL
from support.docker_engine import BUSYBOX


@frozen
class Swarm:
    """An engine in swarm mode."""

    api: Any
    """A docker.APIClient; its part for services has no types."""

    def start(self, name: str, replicas: int, command: list[str], network: str) -> None:
        """A service of that many containers on the engine's own network of that name."""
        self.api.create_service(_template(name, command, network), name, mode=_replicated(replicas))

    def scale(self, name: str, replicas: int) -> None:
        """Another number of containers."""
        service = self.api.inspect_service(name)
        template = service["Spec"]["TaskTemplate"]
        self._update(service, template, mode=_replicated(replicas))

    def roll(self, name: str, label: str, at_once: int) -> None:
        """Replace all containers by others with another label, so many at a time, the old ones ending first."""
        service = self.api.inspect_service(name)
        template = service["Spec"]["TaskTemplate"]
        template["ContainerSpec"]["Labels"] = {LABEL: label}
        update = docker.types.UpdateConfig(parallelism=at_once, delay=0, order="stop-first")
        self._update(service, template, mode=service["Spec"]["Mode"], update_config=update)

    def remove(self, name: str) -> None:
        """End the service."""
        self.api.remove_service(name)

    def _update(self, service: dict[str, Any], template: dict[str, Any], **changes: Any) -> None:
        spec = service["Spec"]
        version = service["Version"]["Index"]
        self.api.update_service(service["ID"], version, task_template=template, name=spec["Name"], **changes)


@contextmanager
def swarm_mode(url: str) -> Iterator[Swarm]:
    """The engine at `url` as a swarm of one, until the block ends."""
    client = docker.APIClient(base_url=url, timeout=60, version="auto")
    try:
        client.init_swarm(advertise_addr="127.0.0.1", listen_addr="127.0.0.1:0")
        yield Swarm(client)
    finally:
        client.leave_swarm(force=True)
        client.close()


def _template(label: str, command: list[str], network: str) -> docker.types.TaskTemplate:
    container = docker.types.ContainerSpec(BUSYBOX, command=command, labels={LABEL: label})
    resources = docker.types.Resources(mem_limit=32 << 20, cpu_reservation=10_000_000, mem_reservation=32 << 20)
    restart = docker.types.RestartPolicy(condition="any", delay=0)
    return docker.types.TaskTemplate(
        container, resources=resources, restart_policy=restart, networks=[docker.types.NetworkAttachmentConfig(network)]
    )


def _replicated(replicas: int) -> docker.types.ServiceMode:
    return docker.types.ServiceMode("replicated", replicas)
