"""The API on its addresses: HTTP, HTTPS, or both, each with a server of its own over the same service.

What reads keystores is loaded for those who have one: it is a tenth of a Marathon's start.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from aiohttp import web

from koinon_daemon.client import HttpClient
from koinon_daemon.flag_values import HostPort
from koinon_daemon.listen import Listen
from koinon_daemon.server import HttpServer

from .application import make_marathon_application
from .events import end_streams
from .leader_proxy import ProxySettings, proxy_to_leader
from .service import Service

if TYPE_CHECKING:
    from koinon_daemon.keystore import Keystore


class ApiServers:
    """What listens for one Marathon."""

    def __init__(self, service: Service, client: HttpClient) -> None:
        """`client` asks the leader on behalf of a standby. Raises KeystoreError."""
        self._service = service
        self._client = client
        self._keystore = _open_keystore(service)
        self._servers: list[HttpServer] = []
        self._applications: list[web.Application] = []

    async def start(self) -> None:
        """Listen. The leadership learns the port that others reach us by. Raises ListenError, ListenRefusedError."""
        leadership = self._service.leadership
        http, https = self._service.config.listens()
        if https is not None and self._keystore is not None:
            address = await self._serve(https, self._keystore.server_context())
            self._service.https_port = address.port
            leadership.me = HostPort(leadership.me.host, address.port)
        if http is not None:
            address = await self._serve(http)
            self._service.http_port = address.port
            leadership.me = HostPort(leadership.me.host, address.port)

    async def end_streams(self) -> None:
        """Tell those who listen to events that this Marathon ends."""
        for application in self._applications:
            await end_streams(self._service, application)

    async def stop(self) -> None:
        """Let running requests end, and listen no more."""
        for server in self._servers:
            await server.stop()

    async def _serve(self, listen: Listen, tls: ssl.SSLContext | None = None) -> HostPort:
        service = self._service
        proxy = proxy_to_leader(service.leadership, self._client, self._proxy_settings())
        application = make_marathon_application(service, proxy)
        server = HttpServer(application, listen, grace=service.config.graceful_shutdown_timeout / 1000, tls=tls)
        address = await server.start()
        self._servers.append(server)
        self._applications.append(application)
        return address

    def _proxy_settings(self) -> ProxySettings:
        config = self._service.config
        tls = None
        if self._keystore is not None and config.disable_http:
            tls = self._keystore.client_context(checks_name=not config.leader_proxy_ssl_ignore_hostname)
        return ProxySettings(
            connect=config.leader_proxy_connection_timeout / 1000,
            read=config.leader_proxy_read_timeout / 1000,
            tls=tls,
        )


def _open_keystore(service: Service) -> Keystore | None:
    path, password = service.config.ssl_keystore_path, service.config.ssl_keystore_password
    if path is None:
        return None
    from koinon_daemon.keystore import read_keystore  # noqa: PLC0415 - see the module

    return read_keystore(path, None if password is None else password.value)
