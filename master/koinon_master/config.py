"""The flags of a master as one frozen value: Mesos's names, defaults and units (mesos-semantics 12)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from koinon_core.agents import DomainInfo, is_ip
from koinon_core.errors import InvalidValue
from koinon_core.permissions import Acls
from koinon_core.quantities import Quantities
from koinon_core.scalars import Scalar
from koinon_daemon.acl_text import parse_acls
from koinon_daemon.credentials import Credentials
from koinon_daemon.domain_text import parse_domain
from koinon_daemon.flag_values import parse_duration, parse_int, parse_port, parse_size
from koinon_daemon.flags import document, flag
from koinon_daemon.verbosity import LEVELS, LOG_FORMATS
from koinon_web.origins import parse_origins
from koinon_zk.url import QuorumUrl

from .agents.removal_limits import Percentage, RemovalRate, parse_percentage, parse_removal_rate
from .frameworks.rate_limits import RateLimits, parse_rate_limits
from .roles.weights import RoleWeight, parse_weights

DEFAULT_PORT = 5050
DEFAULT_ALLOCATOR = "hierarchical"
SORTERS = ("drf", "random")
REGISTRIES = ("replicated_log", "in_memory")
LEAST_PING_TIMEOUT = 1.0
MOST_PING_TIMEOUT = 900.0
_POSITIVE = (
    "max_agent_ping_timeouts",
    "allocation_interval",
    "registry_gc_interval",
    "registry_fetch_timeout",
    "registry_store_timeout",
    "registry_max_agent_age",
    "registry_max_agent_count",
    "offer_constraints_re2_max_mem",
    "offer_constraints_re2_max_program_size",
)
_CHOICES = {
    "registry": REGISTRIES,
    "log_format": LOG_FORMATS,
    "role_sorter": SORTERS,
    "framework_sorter": SORTERS,
}
SECURITY = "Security"
AUTHENTICATION_FLAGS = (
    "authenticate_agents",
    "authenticate_frameworks",
    "authenticate_http_frameworks",
    "authenticate_http_readonly",
    "authenticate_http_readwrite",
)
SUPPORTED = {
    "http_authenticators": "basic",
    "http_framework_authenticators": "basic",
    "authenticators": "crammd5",
    "authorizers": "local",
}
"""The one value that each of these can have."""


@frozen
class Allocatable:
    """The least that is worth an offer: any one of the alternatives."""

    alternatives: tuple[Quantities, ...]

    def __str__(self) -> str:
        return "|".join(str(one).replace(" ", "") for one in self.alternatives)


def parse_allocatable(text: str) -> Allocatable:
    """Read ``cpus:0.01|mem:32``: alternatives, each of one or more names joined by ``;``."""
    return Allocatable(tuple(_parse_quantities(piece) for piece in text.split("|")))


def _parse_quantities(text: str) -> Quantities:
    amounts: dict[str, Scalar] = {}
    for piece in text.split(";"):
        name, colon, amount = piece.strip().partition(":")
        if not (name and colon and amount):
            raise InvalidValue("min_allocatable_resources", f"{piece!r} is not like cpus:0.01")
        amounts[name] = Scalar.parse(amount)
    return Quantities(amounts)


@frozen(kw_only=True)
class MasterConfig:
    """How a master was started. Durations are in seconds."""

    ip: str = flag("127.0.0.1", help="Address to listen on.", group="Network")
    port: int = flag(DEFAULT_PORT, help="Port to listen on.", parse=parse_port, group="Network")
    advertise_ip: str | None = flag(None, help="Address that others reach this master at.", group="Network")
    advertise_port: int | None = flag(
        None, help="Port that others reach this master at.", parse=parse_port, group="Network"
    )
    hostname: str | None = flag(None, help="Name of this master in redirects, offers and the UI.", group="Network")
    hostname_lookup: bool = flag(
        False, help="Accepted for Mesos's sake: names are never looked up, set --hostname.", group="Network"
    )
    insecure: bool = flag(False, help="Listen where others can reach us without authentication.", group="Network")

    zk: QuorumUrl | None = flag(
        None,
        help="Where masters elect their leader: zk://host:port,.../path, sqlite:///file or file:///file.",
        parse=QuorumUrl.parse,
    )
    zk_session_timeout: float = flag(
        10.0, help="How long ZooKeeper keeps the place of a master it does not hear.", parse=parse_duration
    )
    quorum: int | None = flag(
        None, help="Accepted for Mesos's sake: the quorum is ZooKeeper's or the store's own.", parse=parse_int
    )
    work_dir: Path | None = flag(None, help="Directory for what must survive a restart of a master without --zk.")
    registry: str = flag("replicated_log", help="Where admitted agents are remembered: replicated_log or in_memory.")
    cluster: str | None = flag(None, help="Name of the cluster, for people.")

    agent_ping_timeout: float = flag(
        15.0,
        help="How often agents are pinged, and how long one may take to answer.",
        parse=parse_duration,
        aliases=("slave_ping_timeout",),
        group="Agents",
    )
    max_agent_ping_timeouts: int = flag(
        5,
        help="After how many missed pings an agent counts as unreachable.",
        parse=parse_int,
        aliases=("max_slave_ping_timeouts",),
        group="Agents",
    )
    agent_reregister_timeout: float = flag(
        600.0,
        help="How long agents have to come back to a new leader.",
        parse=parse_duration,
        aliases=("slave_reregister_timeout",),
        group="Agents",
    )
    agent_removal_rate_limit: RemovalRate | None = flag(
        None,
        help="How many agents may be marked unreachable in what time, like 1/20mins; no limit if unset.",
        parse=parse_removal_rate,
        aliases=("slave_removal_rate_limit",),
        group="Agents",
    )
    recovery_agent_removal_limit: Percentage = flag(
        Percentage(100.0),
        help="A new leader ends if a larger part of the agents than this does not come back to it.",
        parse=parse_percentage,
        aliases=("recovery_slave_removal_limit",),
        group="Agents",
    )
    require_agent_domain: bool = flag(False, help="Refuse agents without a fault domain.", group="Agents")
    registry_gc_interval: float = flag(
        900.0, help="How often the registry is cleared of old entries.", parse=parse_duration, group="Agents"
    )
    registry_max_agent_age: float = flag(
        1209600.0,
        help="How long agents that are unreachable or gone are remembered.",
        parse=parse_duration,
        group="Agents",
    )
    registry_max_agent_count: int = flag(
        102400, help="How many unreachable and how many gone agents are remembered.", parse=parse_int, group="Agents"
    )
    registry_fetch_timeout: float = flag(
        60.0, help="How long a new leader waits for the registry.", parse=parse_duration, group="Agents"
    )
    registry_store_timeout: float = flag(
        20.0, help="How long a leader waits for the registry to store a change.", parse=parse_duration, group="Agents"
    )

    allocation_interval: float = flag(
        1.0, help="The least time for which a refusal is respected.", parse=parse_duration, group="Offers"
    )
    offer_timeout: float | None = flag(
        None, help="How long a framework may sit on an offer; no limit if unset.", parse=parse_duration, group="Offers"
    )
    min_allocatable_resources: Allocatable = flag(
        parse_allocatable("cpus:0.01|mem:32"),
        help="The least that is worth an offer: alternatives like cpus:0.01|mem:32.",
        parse=parse_allocatable,
        group="Offers",
    )
    allocator: str = flag(
        DEFAULT_ALLOCATOR,
        help="Who decides on offers: hierarchical, or the name of an installed plugin.",
        group="Offers",
    )
    role_sorter: str = flag(
        "drf", help="The order of roles: drf, by dominant share, or random.", aliases=("user_sorter",), group="Offers"
    )
    framework_sorter: str = flag(
        "drf", help="The order of frameworks within a role: drf, by dominant share, or random.", group="Offers"
    )
    whitelist: Path | None = flag(
        None,
        help="File with the hostnames of the agents to offer, one a line; read again every 5 seconds.",
        group="Offers",
    )
    fair_sharing_excluded_resource_names: tuple[str, ...] = flag(
        (), help="Resources that do not count for shares, such as gpus.", group="Offers"
    )
    filter_gpu_resources: bool = flag(
        True, help="Offer agents with GPUs only to frameworks that ask for GPUs.", group="Offers"
    )
    offer_constraints_re2_max_mem: int = flag(
        4096,
        help="The most memory that one expression in offer constraints may need.",
        parse=parse_size,
        group="Offers",
    )
    offer_constraints_re2_max_program_size: int = flag(
        100,
        help="The most steps that the program of an expression in offer constraints may have.",
        parse=parse_int,
        group="Offers",
    )

    domain: DomainInfo | None = document(
        help="The region and zone of this master, as JSON with fault_domain.", parse=parse_domain, group="Agents"
    )

    root_submissions: bool = flag(True, help="Whether frameworks may run as root.", group="Frameworks")
    roles: tuple[str, ...] = flag(
        (), help="The only roles that frameworks may have, beside *; any if unset.", group="Frameworks"
    )
    weights: tuple[RoleWeight, ...] = flag(
        (),
        help="Weights of roles, web=2,batch=0.5, until operators set others: from then on the registry's hold.",
        parse=parse_weights,
        group="Frameworks",
    )
    rate_limits: RateLimits | None = document(
        help="How many calls a second each principal may send, and how many may wait: JSON, or a file of it.",
        parse=parse_rate_limits,
        group="Frameworks",
    )
    max_completed_frameworks: int = flag(
        50, help="How many ended frameworks are remembered.", parse=parse_int, group="Frameworks"
    )
    max_completed_tasks_per_framework: int = flag(
        1000, help="How many ended tasks are remembered, a framework.", parse=parse_int, group="Frameworks"
    )
    max_unreachable_tasks_per_framework: int = flag(
        1000, help="How many unreachable tasks are remembered, a framework.", parse=parse_int, group="Frameworks"
    )

    max_operator_event_stream_subscribers: int = flag(
        1000,
        help="How many may read the operator's event stream; the oldest makes room for one more.",
        parse=parse_int,
        group="API",
    )
    allow_jsonp: bool = flag(
        False,
        help="Answer ?jsonp= as old web UIs ask: any web page that a user of the cluster opens can then read it.",
        group="API",
    )

    ui_marathon: tuple[str, ...] = flag(
        (),
        help="Where Marathon is, for the web UI to show its apps: http://host:port, several by commas, tried in order.",
        parse=parse_origins,
        group="API",
    )

    logging_level: str = flag("INFO", help="DEBUG, INFO, WARNING, ERROR or CRITICAL.", group="Logging")
    log_format: str = flag("console", help="console or json.", group="Logging")
    quiet: bool = flag(False, help="Log errors alone to stderr; a file of --log_dir has all.", group="Logging")
    log_dir: Path | None = flag(
        None, help="Log to koinon-master.log in this directory, too; it is shown as /master/log.", group="Logging"
    )
    external_log_file: Path | None = flag(
        None, help="A log that somebody else keeps for this master, to be shown as /master/log.", group="Logging"
    )
    publish_per_framework_metrics: bool = flag(
        True, help="Whether each framework has metrics of its own.", group="Frameworks"
    )

    authenticate_agents: bool = flag(
        False, help="Whether agents must prove who they are.", aliases=("authenticate_slaves",), group=SECURITY
    )
    authenticate_frameworks: bool = flag(
        False, help="The same as --authenticate_http_frameworks: all frameworks speak HTTP.", group=SECURITY
    )
    authenticate_http_frameworks: bool = flag(False, help="Whether frameworks must prove who they are.", group=SECURITY)
    authenticate_http_readonly: bool = flag(
        False, help="Whether who reads state, metrics or files must prove who they are.", group=SECURITY
    )
    authenticate_http_readwrite: bool = flag(
        False, help="Whether operators, /api/v1 among their doors, must prove who they are.", group=SECURITY
    )
    credentials: Credentials | None = document(
        help="Principals and secrets: a file, as JSON or lines of both, or JSON in place.",
        parse=Credentials.parse,
        group=SECURITY,
    )
    acls: Acls | None = document(help="Who may do what: JSON, or a file of it.", parse=parse_acls, group=SECURITY)
    http_authenticators: str = flag("basic", help="How operators prove who they are: basic.", group=SECURITY)
    http_framework_authenticators: str | None = flag(
        None, help="How frameworks do: basic; goes with --authenticate_http_frameworks.", group=SECURITY
    )
    authenticators: str = flag(
        "crammd5", help="Accepted for Mesos's sake: agents prove who they are by HTTP Basic.", group=SECURITY
    )
    authentication_v0_timeout: float = flag(
        15.0, help="Accepted for Mesos's sake: HTTP Basic takes no exchange.", parse=parse_duration, group=SECURITY
    )
    authorizers: str = flag("local", help="Who decides by --acls: local.", group=SECURITY)

    @property
    def is_framework_authenticated(self) -> bool:
        """Whether frameworks must prove who they are."""
        return self.authenticate_http_frameworks or self.authenticate_frameworks

    @property
    def open_doors(self) -> tuple[str, ...]:
        """The flags that would close what anybody can still enter; none when everybody is asked who they are."""
        doors = {
            "authenticate_http_readonly": self.authenticate_http_readonly,
            "authenticate_http_readwrite": self.authenticate_http_readwrite,
            "authenticate_http_frameworks": self.is_framework_authenticated,
            "authenticate_agents": self.authenticate_agents,
        }
        return tuple(f"--{name}" for name, is_closed in doors.items() if not is_closed)

    @property
    def agent_timeout(self) -> float:
        """Seconds without a word after which an agent is unreachable (mesos-semantics 3.2): 75 by default."""
        return self.agent_ping_timeout * self.max_agent_ping_timeouts

    def problems(self) -> Iterator[str]:
        """What is wrong across flags."""
        for name, choices in _CHOICES.items():
            if (chosen := getattr(self, name)) not in choices:
                yield f"--{name}: {chosen!r} is not one of {', '.join(choices)}"
        if self.logging_level.upper() not in LEVELS:
            yield f"--logging_level: {self.logging_level!r} is not one of {', '.join(LEVELS)}"
        if self.registry == "replicated_log" and self.zk is None and self.work_dir is None:
            yield "--work_dir is required to remember agents (or say --registry=in_memory, or --zk)"
        for name in ("ip", "advertise_ip"):
            if (address := getattr(self, name)) is not None and not is_ip(address):
                yield f"--{name}: {address!r} is not an IP address"
        if not LEAST_PING_TIMEOUT <= self.agent_ping_timeout <= MOST_PING_TIMEOUT:
            yield f"--agent_ping_timeout must be from {LEAST_PING_TIMEOUT:g}secs to {MOST_PING_TIMEOUT:g}secs"
        for name in _POSITIVE:
            if getattr(self, name) <= 0:
                yield f"--{name} must be more than 0"
        yield from self._security_problems()

    def _security_problems(self) -> Iterator[str]:
        if self.credentials is None:
            for name in AUTHENTICATION_FLAGS:
                if getattr(self, name):
                    yield f"--{name} needs --credentials: nobody could prove who they are"
        if self.authenticate_http_frameworks and self.http_framework_authenticators is None:
            yield "--authenticate_http_frameworks needs --http_framework_authenticators=basic"
        for name, supported in SUPPORTED.items():
            if (given := getattr(self, name)) not in (None, supported):
                yield f"--{name}: {given!r} is not supported, only {supported} is"
