"""The value of ``--domain``, which masters and agents alike are told (mesos-semantics 10)."""

from koinon_core.agents import DomainInfo
from koinon_core.errors import DecodeError
from koinon_core.wire import plain_json


def parse_domain(text: str) -> DomainInfo:
    """Read it as JSON. Raises ValueError that names the field at fault."""
    try:
        domain = plain_json.decode(text.encode(), DomainInfo)
    except DecodeError as error:
        raise ValueError(str(error)) from None
    if domain.fault_domain is None:
        raise ValueError("$.fault_domain: required field missing")
    return domain
