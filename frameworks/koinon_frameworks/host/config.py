"""The host's own flags of ``koinon-framework NAME``, beside which the plugin's stand on the same command line. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

from koinon_core import __version__
from koinon_daemon.credentials import Credential, Credentials
from koinon_daemon.flag_help import Program
from koinon_daemon.flag_values import HostPort, parse_duration, parse_host_port, parse_port, parse_size
from koinon_daemon.flags import document, flag
from koinon_daemon.listen import Listen
from koinon_daemon.verbosity import find_logging_problems
from koinon_zk import QuorumUrl

from ..driver.master_address import parse_master_address
from ..errors import MasterAddressError

PREFIX = "KOINON_"
PROGRAM = Program(
    name="koinon-framework NAME",
    version=__version__,
    summary="Runs an installed framework, starts it again when it fails, and shows how it fares over HTTP.",
    prefix=PREFIX,
)
_INHERITED = {"KOINON_MASTER": "MESOS_MASTER", "KOINON_CREDENTIAL": "MESOS_CREDENTIAL"}
"""Ours, and the variable of other frameworks that serves where ours is not set."""
_LOOPBACK = "127.0.0.1"


def parse_master(text: str) -> str:
    """An address that the driver can follow."""
    try:
        parse_master_address(text)
    except MasterAddressError as error:
        raise ValueError(str(error)) from None
    return text


def parse_listen(text: str) -> HostPort:
    """``host:port``, or a port on the loopback address; 0 is any free one."""
    return HostPort(_LOOPBACK, parse_port(text)) if text.isdigit() else parse_host_port(text)


@attrs.frozen(kw_only=True)
class HostConfig:
    """The flags of the host. Durations are seconds here."""

    master: str = flag(
        help="Where the master is: host:port, http(s) URL, several with commas, zk://, sqlite:// or file://.",
        parse=parse_master,
    )
    credential: Credential | None = document(
        help="Who the framework is to masters that ask, and what proves it: principal and secret, or a file of them.",
        parse=Credential.parse,
    )
    framework_id: str | None = flag(None, help="Take over from the framework of this id; by default the stored one.")
    teardown_on_exit: bool = flag(
        False, help="Have the master end the framework and its tasks when this ends by a signal."
    )

    zk: QuorumUrl | None = flag(
        None,
        help="Where records are kept and leaders elected: zk://host:port,.../path or sqlite:///file?path=/path. By "
        "default beside the masters, where --master names their quorum, else a file in --work_dir.",
        parse=QuorumUrl.parse,
        group="Store",
    )
    zk_session_timeout: float = flag(
        10.0, help="How long until ZooKeeper gives up one it does not hear.", parse=parse_duration, group="Store"
    )
    work_dir: Path | None = flag(
        None, help="Directory of the records; by default the user's own state directory.", group="Store"
    )

    listen: HostPort = flag(
        HostPort(_LOOPBACK, 0),
        help="Where HTTP is served: host:port, or a port on 127.0.0.1; 0 takes any.",
        parse=parse_listen,
        group="Network",
    )
    hostname: str | None = flag(None, help="Name that others reach this machine by.", group="Network")
    http_credentials: Credentials | None = document(
        help="Who may use HTTP: JSON, or lines of principal and secret, or a file of them.",
        parse=Credentials.parse,
        group="Network",
    )
    insecure: bool = flag(False, help="Listen where others can reach us without authentication.", group="Network")

    max_failures: int = flag(
        8, help="Failures in a row after which the framework is given up; 0: never.", group="Containment"
    )
    stable_after: float = flag(
        60.0, help="How long it must run for its failures to be forgotten.", parse=parse_duration, group="Containment"
    )
    load_timeout: float = flag(
        30.0, help="How long importing the plugin may take.", parse=parse_duration, group="Containment"
    )
    blocked_after: float = flag(
        10.0,
        help="How long its event loop may stand still until it is named in the log, with its stack.",
        parse=parse_duration,
        group="Containment",
    )
    killed_after: float = flag(
        20.0, help="How much longer until it is killed.", parse=parse_duration, group="Containment"
    )
    stop_timeout: float = flag(
        15.0, help="How long it may take to end when asked to.", parse=parse_duration, group="Containment"
    )
    memory_limit: int | None = flag(
        None,
        help="Most memory it may hold; beyond it Python raises MemoryError.",
        parse=parse_size,
        group="Containment",
    )
    calls_per_second: float | None = flag(
        None, help="Most calls to the master; more wait their turn. By default what the plugin says.",
        group="Containment",
    )  # fmt: skip
    log_lines_per_second: int = flag(
        1000, help="Most lines of its output that are passed on; the rest is counted.", group="Containment"
    )

    logging_level: str = flag("INFO", help="DEBUG, INFO, WARNING, ERROR or CRITICAL.", group="Logging")
    log_format: str = flag("console", help="console or json.", group="Logging")

    def problems(self) -> Iterator[str]:
        """What is wrong with single values."""
        yield from find_logging_problems(self.logging_level, self.log_format)
        for name in _POSITIVE:
            value = getattr(self, name)
            if value is not None and value <= 0:
                yield f"--{name} must be more than 0"
        if self.max_failures < 0:
            yield "--max_failures must not be negative"

    def listens(self) -> Listen:
        """Where HTTP is served, and whether strangers are kept out."""
        return Listen(
            host=self.listen.host,
            port=self.listen.port,
            is_insecure=self.insecure,
            is_authenticated=self.http_credentials is not None,
            open_doors=("--http_credentials",),
        )

    def home(self, name: str, state_dir: Path) -> QuorumUrl:
        """The quorum and path of one framework's records and election. ``state_dir`` is the user's own."""
        if self.zk is not None:
            return self.zk
        address = parse_master_address(self.master)
        if isinstance(address, QuorumUrl):
            # Beside the masters' group, not beneath it: others take every child there for a master.
            return address.with_path(f"{address.path}-frameworks/{name}")
        file = (self.work_dir or state_dir / "frameworks").absolute() / f"{name}.db"
        return QuorumUrl(scheme="sqlite", path=f"/koinon-frameworks/{name}", file=file)


_POSITIVE = (
    "zk_session_timeout", "stable_after", "load_timeout", "blocked_after", "killed_after", "stop_timeout",
    "memory_limit", "calls_per_second", "log_lines_per_second",
)  # fmt: skip


def with_inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment, in which what pymesos and others read counts where ours is not set."""
    inherited = {ours: environ[theirs] for ours, theirs in _INHERITED.items() if theirs in environ}
    return inherited | dict(environ)
