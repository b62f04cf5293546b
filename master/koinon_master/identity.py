"""What a master writes into ZooKeeper and into SUBSCRIBED about itself (mesos-semantics 1). Pure."""

from __future__ import annotations

from koinon_core import MESOS_VERSION
from koinon_core.agents import Address, DomainInfo, MasterCapability, MasterCapabilityType, MasterInfo, ip_to_number
from koinon_daemon.flag_values import HostPort

BUILD = {"version": MESOS_VERSION, "build_date": "2020-11-17 00:00:00", "build_time": 1605571200.0, "build_user": ""}
"""What tools parse to know whose behaviour they get; the time is the release's."""
CAPABILITIES = (
    MasterCapabilityType.AGENT_UPDATE,
    MasterCapabilityType.AGENT_DRAINING,
    MasterCapabilityType.QUOTA_V2,
)


def make_master_info(master_id: str, address: HostPort, hostname: str, domain: DomainInfo | None = None) -> MasterInfo:
    """A master at the address (an IP) that others reach it at. Raises ValueError when that is no IP."""
    return MasterInfo(
        id=master_id,
        ip=ip_to_number(address.host),
        port=address.port,
        pid=f"master@{address}",
        hostname=hostname,
        version=MESOS_VERSION,
        address=Address(hostname=hostname, ip=address.host, port=address.port),
        domain=domain,
        capabilities=tuple(MasterCapability(one) for one in CAPABILITIES),
    )


def leader_address(info: MasterInfo) -> HostPort:
    """Where clients are sent to: the host name if it has one, as in Mesos's redirects."""
    endpoint = info.endpoint()
    return HostPort(endpoint.hostname or endpoint.ip or "", endpoint.port)
