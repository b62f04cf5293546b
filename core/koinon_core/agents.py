"""Who an agent and a master say they are, and where a machine stands (mesos-v1-api 4.1)."""

from __future__ import annotations

import ipaddress
import json
from enum import Enum

from attrs import frozen

from .attributes import Attribute
from .containers import DurationInfo, Parameter, TimeInfo
from .ids import AgentId
from .resources import NOTHING, Resources


@frozen(kw_only=True)
class Address:
    """Where a process listens."""

    port: int
    hostname: str | None = None
    ip: str | None = None

    def __str__(self) -> str:
        return f"{self.hostname or self.ip}:{self.port}"


@frozen(kw_only=True)
class Url:
    """The parts of a URL."""

    scheme: str
    address: Address
    path: str | None = None
    query: tuple[Parameter, ...] = ()
    fragment: str | None = None


@frozen
class RegionInfo:
    """A part of the world."""

    name: str


@frozen
class ZoneInfo:
    """A part of a region."""

    name: str


@frozen(kw_only=True)
class FaultDomain:
    """The machines that may fail together."""

    region: RegionInfo
    zone: ZoneInfo


@frozen
class DomainInfo:
    """Where a master or agent stands."""

    fault_domain: FaultDomain | None = None

    def __str__(self) -> str:
        """As it is written behind ``--domain``."""
        found = self.fault_domain
        names = None if found is None else {"region": {"name": found.region.name}, "zone": {"name": found.zone.name}}
        return json.dumps({} if names is None else {"fault_domain": names})


@frozen(kw_only=True)
class Unavailability:
    """When a machine is to be away; without a duration, for good."""

    start: TimeInfo
    duration: DurationInfo | None = None


@frozen(kw_only=True)
class DurationValue:
    """A ``google.protobuf.Duration``: seconds, and nanoseconds of the same sign."""

    seconds: int = 0
    nanos: int = 0

    @property
    def nanoseconds(self) -> int:
        """The whole of it."""
        return self.seconds * 1_000_000_000 + self.nanos


@frozen(kw_only=True)
class DrainConfig:
    """How an agent is emptied: the longest grace a task gets, and whether the agent is gone for good after it."""

    max_grace_period: DurationInfo | None = None
    mark_gone: bool = False


class DrainState(Enum):
    """How far a drain has come."""

    UNKNOWN = 0
    DRAINING = 1
    DRAINED = 2


@frozen
class DrainInfo:
    """A drain that was asked for."""

    state: DrainState
    config: DrainConfig


class AgentCapabilityType(Enum):
    """What an agent can do beyond the first release of the API."""

    UNKNOWN = 0
    MULTI_ROLE = 1
    HIERARCHICAL_ROLE = 2
    RESERVATION_REFINEMENT = 3
    RESOURCE_PROVIDER = 4
    RESIZE_VOLUME = 5
    AGENT_OPERATION_FEEDBACK = 6
    AGENT_DRAINING = 7
    TASK_RESOURCE_LIMITS = 8


@frozen
class AgentCapability:
    """One capability of an agent."""

    type: AgentCapabilityType | None = None


@frozen(kw_only=True)
class AgentInfo:
    """An agent as it describes itself when it registers. ``id`` is None until a master gave it one."""

    hostname: str
    port: int = 5051
    resources: Resources = NOTHING
    attributes: tuple[Attribute, ...] = ()
    id: AgentId | None = None
    domain: DomainInfo | None = None


class MasterCapabilityType(Enum):
    """What a master can do beyond the first release of the API."""

    UNKNOWN = 0
    AGENT_UPDATE = 1
    AGENT_DRAINING = 2
    QUOTA_V2 = 3


@frozen
class MasterCapability:
    """One capability of a master."""

    type: MasterCapabilityType | None = None


@frozen(kw_only=True)
class MasterInfo:
    """A master as it stands in ZooKeeper and in SUBSCRIBED.

    ``id`` is new at every start. ``ip`` is the address as ``ip_to_number`` makes it.
    """

    id: str
    ip: int
    port: int
    pid: str | None = None
    hostname: str | None = None
    version: str | None = None
    address: Address | None = None
    domain: DomainInfo | None = None
    capabilities: tuple[MasterCapability, ...] = ()

    def endpoint(self) -> Address:
        """Where the master listens, with its ip; pieced together for one that wrote no ``address``."""
        own, ip = self.address, number_to_ip(self.ip)
        if own is None:
            return Address(hostname=self.hostname, ip=ip, port=self.port)
        return Address(hostname=own.hostname or self.hostname, ip=own.ip or ip, port=own.port)


def is_ip(text: str) -> bool:
    """Whether a text is an address, of IPv4 or IPv6."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def ip_to_number(ip: str) -> int:
    """The four network-order bytes of an IPv4 address read little-endian: 10.0.0.1 is 16777226 (mesos-semantics 1).

    An IPv6 address has no such number and gives 0. Raises ValueError for what is no address.
    """
    address = ipaddress.ip_address(ip)
    return int.from_bytes(address.packed, "little") if address.version == 4 else 0


def number_to_ip(number: int) -> str:
    """The IPv4 address that ``ip_to_number`` made this of. Only the lower 32 bits of a peer's number count."""
    return str(ipaddress.IPv4Address((number & 0xFFFFFFFF).to_bytes(4, "little")))
