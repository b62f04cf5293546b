"""Which path belongs to which realm, and which realms ask who one is (mesos-semantics 11). Pure.

A path that is not named here is the operators', so that a new one is closed until somebody decides otherwise.
"""

from __future__ import annotations

from enum import Enum

from koinon_core.agent_link import LINK_PATH
from koinon_daemon.auth import FindRealm
from koinon_web.paths import is_public

from ..config import MasterConfig
from .routing import find_longest_prefix


class Realm(Enum):
    """Where principals are asked for; OPEN is for everybody."""

    OPEN = ""
    READONLY = "mesos-master-readonly"
    READWRITE = "mesos-master-readwrite"
    SCHEDULER = "mesos-master-scheduler"
    AGENT = "koinon-master-agent"


_OPEN = ("/health", "/version", "/redirect", "/help")
_READONLY = (
    "/state",
    "/state.json",
    "/state-summary",
    "/slaves",
    "/frameworks",
    "/tasks",
    "/tasks.json",
    "/roles",
    "/roles.json",
    "/maintenance/status",
    "/flags",
    "/koinon/explain",
    "/metrics",
    "/stats.json",
    "/system",
    "/files",
    "/ui",
)
REALMS = {
    **dict.fromkeys(_OPEN, Realm.OPEN),
    **dict.fromkeys(_READONLY, Realm.READONLY),
    "/api/v1/scheduler": Realm.SCHEDULER,
    LINK_PATH: Realm.AGENT,
}


def make_find_realm(config: MasterConfig) -> FindRealm:
    """The realm that must be entered for a path under these flags."""
    closed = {
        Realm.OPEN: False,
        Realm.READONLY: config.authenticate_http_readonly,
        Realm.READWRITE: config.authenticate_http_readwrite,
        Realm.SCHEDULER: config.is_framework_authenticated,
        Realm.AGENT: config.authenticate_agents,
    }

    def find_realm(path: str) -> str | None:
        if is_public(path):
            return None
        realm = find_longest_prefix(REALMS, path) or Realm.READWRITE
        return realm.value if closed[realm] else None

    return find_realm
