"""What an operator may set about the Docker containerizer. Pure."""

from attrs import field, frozen

from .images.credentials import RegistryLogins
from .request.spec import SpecOptions


@frozen(kw_only=True)
class DockerOptions:
    """Times in seconds.

    ``url``: unix:///path or tcp://host:port. ``calls``: to the engine at a time. ``call_timeout``: how long a call
    may last. ``pulls``: image pulls at a time, each of at most ``pull_timeout``. ``drain_timeout``: how long
    the end of a container is held back for the last of its output. ``logins`` are shown to registries for tasks that
    bring none along. ``gpus`` are the devices to give out; none where they are counted from 0.
    """

    url: str = "unix:///var/run/docker.sock"
    calls: int = 6
    call_timeout: float = 60.0
    pulls: int = 4
    pull_timeout: float = 1800.0
    drain_timeout: float = 10.0
    logins: RegistryLogins = field(factory=RegistryLogins)
    gpus: tuple[str, ...] = ()
    spec: SpecOptions = field(factory=SpecOptions)
