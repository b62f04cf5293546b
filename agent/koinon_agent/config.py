"""The agent's flags (mesos-semantics 12). Pure: what they say of this machine is found out in ``app.py``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import orjson

from koinon_core import __version__
from koinon_core.agents import DomainInfo
from koinon_core.attributes import Attribute, parse_attributes
from koinon_core.errors import CoreError
from koinon_core.permissions import Acls
from koinon_core.resources import NOTHING, Kind, Reservation, ReservationType, Resource, Resources
from koinon_core.resources_text import parse_resources
from koinon_core.roles import DEFAULT_ROLE, find_role_problem
from koinon_core.wire import refined_json
from koinon_daemon.acl_text import parse_acls
from koinon_daemon.credentials import Credential, Credentials
from koinon_daemon.domain_text import parse_domain
from koinon_daemon.flag_help import Program
from koinon_daemon.flag_values import HostPort, parse_duration, parse_host_port, parse_port
from koinon_daemon.flags import document, flag
from koinon_daemon.inherited_flags import find_refusals
from koinon_zk.errors import QuorumUrlError
from koinon_zk.url import QuorumUrl

from .checkpoint.reconfiguration import ReconfigurationPolicy
from .containerizer.docker.flags import DockerFlags
from .containerizer.process.flags import ProcessFlags
from .executors.flags import ExecutorFlags
from .inherited_flags import InheritedFlags
from .resources.disks import find_disk_problem
from .sandboxes.flags import SandboxFlags

PROGRAM = Program(name="koinon-agent", version=__version__, summary="Runs tasks of a Koinon cluster on this machine.")
SECURITY = "Security"
_NO_EXCHANGE = "Accepted for Mesos's sake: HTTP Basic takes no exchange."
AUTHENTICATION_FLAGS = ("authenticate_http_readonly", "authenticate_http_readwrite")
CONTAINERIZERS = {"docker": "docker", "process": "process", "mesos": "process"}
"""By the name a user gives; ``mesos`` means plain processes here."""


def parse_master(text: str) -> HostPort | QuorumUrl:
    """``host:port``, ``zk://``, ``sqlite://`` or ``file://`` with one of these in it."""
    if "://" not in text:
        return parse_host_port(text.strip())
    try:
        return QuorumUrl.parse(text)
    except QuorumUrlError as error:
        raise ValueError(str(error)) from None


def parse_resources_flag(text: str) -> Resources:
    """The text form ``cpus:4;mem:1024``, or JSON as the API writes resources."""
    try:
        if text.strip().startswith("["):
            return refined_json.decode(text.encode(), Resources)
        return parse_resources(text)
    except CoreError as error:
        raise ValueError(str(error)) from None


def parse_attributes_flag(text: str) -> tuple[Attribute, ...]:
    """``rack:r1;zone:2``."""
    try:
        return parse_attributes(text)
    except CoreError as error:
        raise ValueError(str(error)) from None


def parse_variables(text: str) -> Mapping[str, str]:
    """A JSON object of texts."""
    try:
        raw: Any = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error}") from None
    if not isinstance(raw, dict) or not all(isinstance(value, str) for value in raw.values()):
        raise ValueError("it must be a JSON object whose values are texts")
    return raw


def parse_containerizers(text: str) -> tuple[str, ...]:
    """Names in the order in which they are asked; each is given once."""
    names = [name for part in text.split(",") if (name := part.strip())]
    unknown = [name for name in names if name not in CONTAINERIZERS]
    if unknown or not names:
        raise ValueError(f"{text!r} must be a list of {', '.join(CONTAINERIZERS)}")
    return tuple(dict.fromkeys(CONTAINERIZERS[name] for name in names))


def parse_reconfiguration_policy(text: str) -> ReconfigurationPolicy:
    """By name."""
    try:
        return ReconfigurationPolicy(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is none of {', '.join(one.value for one in ReconfigurationPolicy)}") from None


@attrs.frozen(kw_only=True)
class AgentConfig(DockerFlags, ProcessFlags, SandboxFlags, ExecutorFlags, InheritedFlags):
    """The flags of ``koinon-agent``; more are in ``containerizer/{docker,process}/flags.py``."""

    master: HostPort | QuorumUrl = flag(
        help="Where the master is: host:port, zk://host:port,.../path or sqlite:///file.", parse=parse_master
    )
    work_dir: Path = flag(help="Where sandboxes and what must outlive a restart are kept.")
    ip: str = flag("127.0.0.1", help="Address to listen on.", group="Network")
    port: int = flag(5051, help="Port to listen on; 0 takes any.", parse=parse_port, group="Network")
    advertise_ip: str | None = flag(None, help="Address that others reach this agent by.", group="Network")
    advertise_port: int | None = flag(
        None, help="Port that others reach this agent by.", parse=parse_port, group="Network"
    )
    hostname: str | None = flag(None, help="Name that offers show; by default this machine's.", group="Network")
    hostname_lookup: bool = flag(
        False, help="Accepted for Mesos's sake: names are never looked up, set --hostname.", group="Network"
    )
    insecure: bool = flag(False, help="Listen on addresses that others reach.", group="Network")
    resources: Resources | None = flag(
        None, help="What to offer, as in cpus:4;mem:8192; the rest is detected.", parse=parse_resources_flag
    )
    attributes: tuple[Attribute, ...] = flag(
        (), help="Facts for placement: rack:r1;zone:2.", parse=parse_attributes_flag
    )
    default_role: str = flag(DEFAULT_ROLE, help="Role of resources that name none.")
    domain: DomainInfo | None = document(
        help="The region and zone of this agent, as JSON with fault_domain.", parse=parse_domain
    )
    reconfiguration_policy: ReconfigurationPolicy = flag(
        ReconfigurationPolicy.FITTING,
        help="Which changes a restart may bring: equal (none), additive (more), fitting (what runs fits).",
        parse=parse_reconfiguration_policy,
    )
    recover: str = flag(
        "reconnect", help="What becomes of an earlier life's tasks: reconnect, or cleanup (end them, then the agent)."
    )
    strict: bool = flag(
        True, help="Accepted for Mesos's sake: what cannot be read of an earlier life always stops the start."
    )
    containerizers: tuple[str, ...] = flag(
        ("process",),
        help="Which to ask, in order: docker, for images; process (also called mesos) for commands without one.",
        parse=parse_containerizers,
        group="Containers",
    )
    executor_shutdown_grace_period: float = flag(
        5.0, help="Between SIGTERM and SIGKILL of Docker tasks.", parse=parse_duration, group="Containers"
    )
    executor_environment_variables: Mapping[str, str] = flag(
        attrs.Factory(dict), help="JSON object of variables for every task.", parse=parse_variables, group="Containers"
    )
    switch_user: bool = flag(True, help="Run plain processes as the user the framework names.", group="Containers")
    registration_backoff_factor: float = flag(
        1.0, help="Bound of the first random delay before registering.", parse=parse_duration
    )
    zk_session_timeout: float = flag(10.0, help="After which silence ZooKeeper gives us up.", parse=parse_duration)
    logging_level: str = flag("INFO", help="DEBUG, INFO, WARNING or ERROR.")
    log_format: str = flag("console", help="console or json.")
    quiet: bool = flag(False, help="Log errors alone to stderr; a file of --log_dir has all.")
    log_dir: Path | None = flag(None, help="Log to koinon-agent.log in this directory, too; it is shown as /slave/log.")
    external_log_file: Path | None = flag(
        None, help="A log that somebody else keeps for this agent, to be shown as /slave/log."
    )

    credential: Credential | None = document(
        help="What proves to the master who this agent is: a file of principal and secret, or JSON in place.",
        parse=Credential.parse,
        group=SECURITY,
    )
    authenticate_http_readonly: bool = flag(
        False, help="Whether who reads state, metrics or sandboxes must prove who they are.", group=SECURITY
    )
    authenticate_http_readwrite: bool = flag(
        False, help="Whether operators, who may change how much is logged, must prove who they are.", group=SECURITY
    )
    http_credentials: Credentials | None = document(
        help="Principals and secrets of those: a file, as JSON or lines of both, or JSON in place.",
        parse=Credentials.parse,
        group=SECURITY,
    )
    http_authenticators: str = flag("basic", help="How they prove who they are: basic.", group=SECURITY)
    acls: Acls | None = document(help="Who may do what: JSON, or a file of it.", parse=parse_acls, group=SECURITY)
    authorizer: str = flag("local", help="Who decides by --acls: local.", group=SECURITY)
    http_heartbeat_interval: float = flag(
        30.0, help="Between two signs of life of the agent to who listens to a container.", parse=parse_duration
    )
    authenticatee: str = flag(
        "crammd5", help="Accepted for Mesos's sake: the agent proves who it is by HTTP Basic.", group=SECURITY
    )
    authentication_timeout_min: float = flag(5.0, help=_NO_EXCHANGE, parse=parse_duration, group=SECURITY)
    authentication_timeout_max: float = flag(60.0, help=_NO_EXCHANGE, parse=parse_duration, group=SECURITY)
    authentication_backoff_factor: float = flag(1.0, help=_NO_EXCHANGE, parse=parse_duration, group=SECURITY)

    @property
    def open_doors(self) -> tuple[str, ...]:
        """The flags that would close what anybody can still enter."""
        doors = (*AUTHENTICATION_FLAGS, "authenticate_http_executors")
        return tuple(f"--{name}" for name in doors if not getattr(self, name))

    def reached_port(self, bound: int) -> int:
        """The port that others are told of, where the agent listens on ``bound``."""
        return self.advertise_port or bound

    def problems(self) -> Sequence[str]:
        """Rules across flags."""
        found = [*find_refusals(self), *self.sandbox_problems(), *self.executor_problems()]
        if self.http_credentials is None:
            closed = (name for name in AUTHENTICATION_FLAGS if getattr(self, name))
            found += [f"--{name} needs --http_credentials: nobody could prove who they are" for name in closed]
        if self.http_authenticators != "basic":
            found.append(f"--http_authenticators: {self.http_authenticators!r} is not supported, only basic is")
        if self.authorizer != "local":
            found.append(f"--authorizer: {self.authorizer!r} is not supported, only local is")
        if self.http_heartbeat_interval < 1:
            found.append("--http_heartbeat_interval must be a second at least")
        if problem := find_disk_problem(self.given_resources()):
            found.append(f"--resources: {problem}")
        if self.recover not in ("reconnect", "cleanup"):
            found.append(f"--recover: {self.recover!r} is neither reconnect nor cleanup")
        if not self.strict:
            found.append("--no-strict: what cannot be read is never passed over; move the file away that is named")
        if problem := find_role_problem(self.default_role):
            found.append(f"--default_role: {problem}")
        if self.logging_level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            found.append(f"--logging_level: {self.logging_level!r} is not one of DEBUG, INFO, WARNING, ERROR")
        if self.log_format not in ("console", "json"):
            found.append(f"--log_format: {self.log_format!r} is neither console nor json")
        return found

    def given_resources(self) -> Resources:
        """``--resources`` with the default role on what names none."""
        given = self.resources or NOTHING
        if self.default_role == DEFAULT_ROLE:
            return given
        reservation = (Reservation(role=self.default_role, type=ReservationType.STATIC),)
        return Resources(tuple(_reserved(item, reservation) for item in given))


def _reserved(item: Resource, reservation: tuple[Reservation, ...]) -> Resource:
    kind: Kind = item.kind if item.kind.reservations else attrs.evolve(item.kind, reservations=reservation)
    return Resource(kind, item.value)
