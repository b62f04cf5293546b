"""A cluster of ours of the shape that the recorded one had: one agent, named by its address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from support.cluster import running_cluster

RESOURCES = "cpus:4;mem:4096;disk:10240;ports:[31000-32000]"


@contextmanager
def running_ours() -> Iterator[str]:
    """The address of a fresh master with one agent."""
    with running_cluster() as cluster:
        # A refusal of no seconds lasts until the next interval: a short one, as the script refuses so at each step.
        master = cluster.add_master("--hostname=127.0.0.1", "--allow_jsonp", "--allocation_interval=50ms")
        cluster.add_agent(
            *(f"--resources={RESOURCES}", "--attributes=", "--hostname=127.0.0.1", "--containerizers=process"),
            "--executor_registration_timeout=1secs",
        )
        cluster.wait_agents(1)
        yield f"127.0.0.1:{master.port}"
