"""Under which paths sandboxes and the log are shown (mesos-operator-api 4): reading them is ``koinon_daemon.files``'s.

A sandbox has its real path, with the container's id or ``latest`` in the end, and
``/frameworks/<id>/executors/<id>/runs/latest`` of this agent; the log is ``/slave/log``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from koinon_daemon.files import AttachedRoots, Place
from koinon_daemon.logs import shown_log_of

from ..config import AgentConfig
from ..sandboxes.layout import LATEST
from ..standalone.book import Standalone
from .site import Site

LOG_PATH = "/slave/log"

_ROOT_LENGTH = 7  # <agent>/frameworks/<framework>/executors/<executor>/runs/<container>
_FIXED = {1: "frameworks", 3: "executors", 5: "runs"}


def log_roots(config: AgentConfig) -> AttachedRoots:
    """The agent's own log, of ``--external_log_file`` or of ``--log_dir``, if there is one."""
    roots = AttachedRoots()
    log = shown_log_of("agent", config)
    if log is not None:
        roots.attach(LOG_PATH, log)
    return roots


class SandboxRoots:
    """The sandboxes of one agent as roots of virtual paths, those of ended tasks too while they last."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def find(self, path: str) -> Place | None:
        """Which sandbox a path is in. The ids are taken from the path: none of them can lead upwards."""
        slaves = PurePosixPath(self._site.work_dir / "slaves")
        given = PurePosixPath(path)
        if (standalone := find_standalone(self._site, given)) is not None:
            root = self._site.work_dir / "containers" / standalone.record.container_id
            return Place(root, str(given.relative_to(root)).removeprefix("."), str(root))
        agent_id = self._site.recovered().agent_id
        real = given
        if given.parts[:2] == ("/", "frameworks") and agent_id is not None:
            real = slaves / agent_id / given.relative_to("/")
        if not real.is_relative_to(slaves):
            return None
        parts = real.relative_to(slaves).parts
        if len(parts) < _ROOT_LENGTH or any(parts[index] != name for index, name in _FIXED.items()):
            return None
        below = parts[_ROOT_LENGTH:]
        written = PurePosixPath(*given.parts[: len(given.parts) - len(below)])
        return Place(Path(slaves, *parts[:_ROOT_LENGTH]), "/".join(below), str(written))

    def listing(self) -> Mapping[str, str]:
        """Virtual path to real path: of those in use and of those that wait to be deleted, each by its three names."""
        agent = self._site.recovered()
        tasks = agent.tasks
        shown: dict[str, str] = {}
        for sandbox in (*tasks.garbage.sandboxes(), *(machine.accepted.sandbox for machine in tasks)):
            place = self.find(sandbox)
            if place is not None:
                names = [place.root, place.root.with_name(LATEST)]
                if place.root.parts[-_ROOT_LENGTH] == agent.agent_id:
                    names.append(Path("/", *place.root.parts[-_ROOT_LENGTH + 1 : -1], LATEST))
                shown |= dict.fromkeys(map(str, names), str(place.root))
        for standalone in self._site.standalone or ():
            sandbox = str(self._site.work_dir / "containers" / standalone.record.container_id)
            shown[sandbox] = sandbox
        return shown


def find_standalone(site: Site, path: PurePosixPath | Path) -> Standalone | None:
    """The container without a parent that a path is in the sandbox of."""
    folder = site.work_dir / "containers"
    if site.standalone is None or not path.is_relative_to(folder):
        return None
    below = path.relative_to(folder).parts
    return site.standalone.find(below[0]) if below else None
