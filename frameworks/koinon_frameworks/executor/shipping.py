"""How an executor's code gets to the agent, as values: an installed module, or a file that is there or is fetched."""

from __future__ import annotations

from posixpath import basename
from urllib.parse import urlsplit

from koinon_core.containers import CommandInfo, CommandUri, DurationInfo
from koinon_core.ids import ExecutorId
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import ExecutorInfo, ExecutorType

PYTHON = "python3"


def installed_module(module: str, *arguments: str, python: str = PYTHON) -> CommandInfo:
    """Run a module that is installed on every agent: ``python3 -m MODULE``.

    ``python`` is an interpreter on the agent that has the module and this SDK; a name is looked up in its PATH.
    """
    return CommandInfo(shell=False, value=python, arguments=(python, "-m", module, *arguments))


def file_at(path: str, *arguments: str, python: str = PYTHON) -> CommandInfo:
    """Run a file that lies at this path on every agent, as it does where the whole cluster is one machine."""
    return CommandInfo(shell=False, value=python, arguments=(python, path, *arguments))


def fetched_file(uri: str, *arguments: str, python: str = PYTHON) -> CommandInfo:
    """Fetch one file into the sandbox and run it: ``python3 words.py``.

    ``uri`` is http(s), or a path or file:// on the agent; ``python`` is an interpreter there that has this SDK. Agents
    fetch from loopback and from their own disk only where their operator says so (``--fetcher_allowed_networks``,
    ``--fetcher_allowed_roots``).
    """
    name = basename(urlsplit(uri).path)
    if not name:
        raise ValueError(f"{uri!r} names no file")
    file = CommandUri(value=uri, extract=False)
    return CommandInfo(shell=False, value=python, arguments=(python, name, *arguments), uris=(file,))


def executor_info(
    executor_id: str,
    command: CommandInfo,
    cpus: float = 0.1,
    mem: float = 64.0,
    shutdown_grace: float | None = None,
) -> ExecutorInfo:
    """The ExecutorInfo for ``TaskInfo.executor`` of every task that this executor is to run; ``mem`` in MB.

    Tasks of one framework with one ``executor_id`` share one process an agent. It takes cpus and mem once, beside what
    its tasks take, so the first task on an agent needs an offer with room for both (mesos-semantics 7).
    """
    return ExecutorInfo(
        executor_id=ExecutorId(executor_id),
        type=ExecutorType.CUSTOM,
        name=executor_id,
        command=command,
        resources=parse_resources(f"cpus:{cpus};mem:{mem}"),
        shutdown_grace_period=None if shutdown_grace is None else DurationInfo.of_seconds(shutdown_grace),
    )
