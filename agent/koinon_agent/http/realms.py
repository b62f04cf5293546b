"""Which of an agent's paths belongs to which realm, and which realms ask who one is (mesos-semantics 11). Pure.

A path that is not named here is the operators', so that a new one is closed until somebody decides otherwise.
"""

from __future__ import annotations

from koinon_daemon.auth import FindRealm

from ..config import AgentConfig

OWN_PREFIX = "/slave(1)"
READONLY, READWRITE = "mesos-agent-readonly", "mesos-agent-readwrite"
_OPEN = frozenset({"/health", "/version"})
_EXECUTORS = "/api/v1/executor"
"""Who comes here proves who it is by a token: ``executor_api.py`` sees to it."""
_READONLY = frozenset({"/state", "/state.json", "/flags", "/stats.json"})
_READONLY_TREES = ("/files/", "/metrics", "/monitor/", "/system/", "/containers")


def own_path(path: str) -> str:
    """A path without the agent's own prefix and without a slash at its end: what handlers are found by."""
    return path.removeprefix(OWN_PREFIX).rstrip("/")


def make_find_realm(config: AgentConfig) -> FindRealm:
    """The realm that must be entered for a path under these flags."""

    def find_realm(path: str) -> str | None:
        own = own_path(path)
        if own in _OPEN or own == _EXECUTORS:
            return None
        if own in _READONLY or own.startswith(_READONLY_TREES):
            return READONLY if config.authenticate_http_readonly else None
        return READWRITE if config.authenticate_http_readwrite else None

    return find_realm
