"""What has to be there before a container can be created: its image, and what was found out for its plan.

Owns the order: force a pull or look first, pull what is missing, read what the image says, look up who is to run it.
"""

from __future__ import annotations

import pwd
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import quote

from attrs import evolve

from koinon_core.containers import ContainerInfo
from koinon_daemon.confined import read_slice

from ..errors import EngineRefused
from ..interface import Launch
from .engine import Engine
from .images.credentials import Login, RegistryLogins, find_header, parse_logins, registry_of
from .inspection import ImageConfig
from .logs import log_sizes
from .options import DockerOptions
from .request.spec import Found, find_image_name
from .request.wanted import Wanted, read_wanted

Pull = Callable[[str, str], Awaitable[None]]
"""Gets an image with what its registry is shown."""

_CONFIGS = (".docker/config.json", ".dockercfg")
_LONGEST_CONFIG = 1 << 20


class Preparation:
    """One launch's. ``pull`` is only asked where an image is missing or must be new."""

    def __init__(self, engine: Engine, launch: Launch, options: DockerOptions, pull: Pull) -> None:
        self._engine = engine
        self._launch = launch
        self._logins = options.logins
        self._pull = pull
        self._wanted = read_wanted(_container(launch))
        self._image = find_image_name(self._wanted, options.spec)
        self._is_pulled = False

    async def find_out(self, gpus: tuple[str, ...]) -> Found:
        """All that the plan needs. Raises EngineRefused, EngineUnavailable, and OSError for what can't be read."""
        found = Found(log_start=log_sizes(self._launch.sandbox), gpus=gpus, log_driver=self._engine.log_driver)
        if self._wanted.is_pull_forced:
            await self.pull()
        if not self._wanted.is_universal:
            return found
        return evolve(found, image=await self._look(), user=_user_of(self._launch.user))

    async def pull_missing(self, error: EngineRefused) -> None:
        """Get the image that the engine lacked just now; raises the error again where that is not what is wrong."""
        if not error.is_image_missing or self._is_pulled:
            raise error
        await self.pull()

    async def pull(self) -> None:
        """Get the image. Raises EngineRefused and EngineUnavailable."""
        await self._pull(self._image, self._header())
        self._is_pulled = True

    async def _look(self) -> ImageConfig:
        """Only a MESOS container's plan depends on its image; a DOCKER container's is left to the engine."""
        path = f"/images/{quote(self._image)}/json"
        try:
            return ImageConfig.of(await self._engine.call("GET", path))
        except EngineRefused as error:
            await self.pull_missing(error)
        return ImageConfig.of(await self._engine.call("GET", path))

    def _header(self) -> str:
        if self._wanted.credential is not None:
            return Login.of(self._wanted.credential).header(registry_of(self._image))
        return find_header(self._image, (*_own_logins(self._wanted, self._launch.sandbox), self._logins))


def _container(launch: Launch) -> ContainerInfo:
    if launch.workload.container is None:
        raise ValueError(f"container {launch.container_id} is no Docker container")
    return launch.workload.container


def _own_logins(wanted: Wanted, sandbox: Path) -> list[RegistryLogins]:
    """What the task brought along: in its image's config, or among what was fetched (mesos-semantics 9.2)."""
    texts = {} if wanted.registry_config is None else {"container.mesos.image.docker.config": wanted.registry_config}
    for name in _CONFIGS:
        part = read_slice(sandbox, name, 0, _LONGEST_CONFIG)
        if part is not None:
            texts[name] = part.data
    found = []
    for name, text in texts.items():
        try:
            found.append(parse_logins(text))
        except ValueError as problem:
            raise EngineRefused(400, f"{name} is no Docker config: {problem}") from None
    return found


def _user_of(name: str | None) -> str | None:
    """As the host knows the user: names inside an image are somebody else's. Raises OSError for an unknown one."""
    if name is None:
        return None
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise OSError(f"user {name!r} is unknown on this agent") from None
    return f"{entry.pw_uid}:{entry.pw_gid}"
