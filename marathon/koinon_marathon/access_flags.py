"""Flags of who reaches this Marathon, and of what stands guard: HTTPS, Basic, CORS, plugins (marathon-semantics 27)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs

from koinon_daemon.credentials import Credential
from koinon_daemon.flag_values import Secret, parse_port
from koinon_daemon.flags import document, flag, toggle
from koinon_daemon.listen import Listen

from .plugins.conf import Hook, PluginConf, parse_plugin_conf
from .store.backup_places import parse_backup_place

_NOBODY = PluginConf()
OPEN_DOORS = ("--http_credentials", "--plugin_conf with an authenticator")
"""What closes the API to strangers."""


def parse_basic(text: str) -> Credential:
    """The one user of `--http_credentials`: `user:password`."""
    name, colon, password = text.partition(":")
    if not (name and colon and password):
        raise ValueError("it must be user:password")
    return Credential(name, password)


@attrs.frozen(kw_only=True, slots=False)
class AccessFlags:
    """A base of the real configuration, whose `problems` tell what is wrong here."""

    http_address: str = flag("127.0.0.1", help="Address to listen on.", group="Network")
    http_port: int = flag(8080, help="Port to listen on; 0 takes any.", parse=parse_port, group="Network")
    disable_http: bool = flag(
        False, help="Serve HTTPS alone; standbys ask the leader over HTTPS, too.", group="Network"
    )
    https_address: str | None = flag(
        None, help="Address to listen on for HTTPS; by default --http_address.", group="Network"
    )
    https_port: int = flag(8443, help="Port of HTTPS, where there is a keystore.", parse=parse_port, group="Network")
    ssl_keystore_path: Path | None = flag(
        None,
        help="Key and certificates of HTTPS: a PKCS#12 keystore, or PEM. A Java keystore (JKS) must be converted.",
        group="Network",
    )
    ssl_keystore_password: Secret | None = flag(None, help="What opens the keystore.", group="Network")
    leader_proxy_ssl_ignore_hostname: bool = flag(
        False, help="Ask the leader over HTTPS whatever name its certificate bears.", group="Network"
    )
    leader_proxy_max_open_connections: int = flag(
        64, help="Most connections of a standby to the leader.", group="Network"
    )
    insecure: bool = flag(False, help="Listen where others can reach us without authentication.", group="Network")
    http_credentials: Credential | None = flag(
        None, help="user:password that every request must prove by HTTP Basic.", parse=parse_basic, group="Network"
    )
    http_realm: str = flag("Mesosphere", help="Realm that --http_credentials are asked for.", group="Network")
    http_compression: bool = toggle(True, help="Pack answers for whoever takes gzip.", group="Network")
    http_max_concurrent_requests: int | None = flag(
        None, help="Most requests at a time; the next one gets 503.", group="Network"
    )
    access_control_allow_origin: tuple[str, ...] = flag(
        (), help="Origin whose pages may read answers (CORS); of several the last.", group="Network"
    )
    graceful_shutdown_timeout: int = flag(
        5000, help="Milliseconds that requests get at the stop (45000 in Marathon).", group="Network"
    )

    plugin_dir: Path | None = flag(
        None, help="One more directory of packages with plugins, as pip install --target makes it.", group="Plugins"
    )
    plugin_conf: PluginConf | None = document(
        help="Which plugins to load: Marathon's JSON, or a file of it; an implementation is an entry point.",
        parse=parse_plugin_conf,
        group="Plugins",
    )
    backup_location: Path | None = flag(
        None,
        help="file:///path that a new leader writes a backup of its store to, before anything else.",
        parse=parse_backup_place,
        group="Plugins",
    )

    @property
    def plugins(self) -> PluginConf:
        """What `--plugin_conf` names."""
        return self.plugin_conf or _NOBODY

    @property
    def scheme(self) -> str:
        """How others reach this Marathon."""
        return "https" if self.disable_http else "http"

    @property
    def is_authenticated(self) -> bool:
        """Whether everybody is asked who they are."""
        has_authenticator = any(entry.hook is Hook.AUTHENTICATOR for entry in self.plugins.entries)
        return self.http_credentials is not None or has_authenticator

    def listens(self) -> tuple[Listen | None, Listen | None]:
        """Where HTTP and HTTPS are served."""
        http = None if self.disable_http else self._listen(self.http_address, self.http_port)
        if self.ssl_keystore_path is None:
            return http, None
        return http, self._listen(self.https_address or self.http_address, self.https_port)

    def _listen(self, host: str, port: int) -> Listen:
        return Listen(
            host=host,
            port=port,
            is_insecure=self.insecure,
            is_authenticated=self.is_authenticated,
            open_doors=OPEN_DOORS,
        )

    def access_problems(self) -> Iterator[str]:
        """What is wrong with these flags."""
        if self.disable_http and self.ssl_keystore_path is None:
            yield "--disable_http: nothing would be served; HTTPS needs --ssl_keystore_path"
        if self.ssl_keystore_password is not None and self.ssl_keystore_path is None:
            yield "--ssl_keystore_password: there is no --ssl_keystore_path that it would open"
        if '"' in self.http_realm or "\\" in self.http_realm:
            yield "--http_realm must not hold quotes or backslashes"
        if self.http_max_concurrent_requests is not None and self.http_max_concurrent_requests <= 0:
            yield "--http_max_concurrent_requests must be more than 0"
        for name in ("leader_proxy_max_open_connections", "graceful_shutdown_timeout"):
            if getattr(self, name) <= 0:
                yield f"--{name} must be more than 0"
