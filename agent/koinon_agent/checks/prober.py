"""Asks tasks how they are: HTTP and TCP within their networks, commands within their containers (mesos-semantics 7.2).

Owns how many are asked at a time, and words for what went wrong. Decides nothing: what an outcome means is
``verdicts.py``'s.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from ssl import SSLError

import structlog
from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from koinon_core.errors import describe_error
from koinon_core.ids import ContainerId

from ..containerizer.errors import ContainerizerError, LaunchFailed
from ..containerizer.session import Executing, Execution, Session
from ..errors import TaskUnreachable
from .probes import (
    Answered,
    CommandTarget,
    Connected,
    Exited,
    HttpTarget,
    NotConnected,
    Outcome,
    Place,
    Prevented,
    Probe,
    ProbeKey,
    TcpTarget,
    Unanswered,
)
from .sockets import TaskSockets

NETWORK_PROBES = 64
"""Connections at a time."""
COMMANDS = 8
"""Commands at a time: each costs an engine as much as starting a container."""
MAX_REDIRECTS = 10
_BODY_BYTES = 64 * 1024
_BODY_SECONDS = 1.0
_TAIL_BYTES = 4 * 1024
_LINE_CHARACTERS = 200
_CLOSE_SECONDS = 10.0
_NO_SUCH_COMMAND = 127

_logger = structlog.get_logger(__name__)


class Prober:
    """The voice of one agent. Waiting for a turn does not count as time of the task."""

    def __init__(self, executing: Executing) -> None:
        """``executing`` runs commands."""
        self._executing = executing
        self._sockets = TaskSockets()
        self._networks = asyncio.Semaphore(NETWORK_PROBES)
        self._commands = asyncio.Semaphore(COMMANDS)
        self._probes: dict[ProbeKey, asyncio.Task[Outcome]] = {}

    async def probe(self, probe: Probe) -> Outcome | None:
        """Ask once; None where ``stop`` came first."""
        asking = asyncio.ensure_future(self._ask(probe))
        self._probes[probe.key] = asking
        try:
            await asyncio.wait((asking,))
        finally:
            asking.cancel()
            if self._probes.get(probe.key) is asking:
                del self._probes[probe.key]
        return None if asking.cancelled() else asking.result()

    def stop(self, key: ProbeKey) -> None:
        """Give a probe up."""
        asking = self._probes.pop(key, None)
        if asking is not None:
            asking.cancel()

    async def _ask(self, probe: Probe) -> Outcome:
        try:
            outcome = await self._ask_kind(probe)
        except (TaskUnreachable, ValueError) as error:
            return Unanswered(str(error))
        except (ContainerizerError, OSError) as error:
            outcome = Prevented(describe_error(error))
        except Exception as error:  # whatever a peer makes a library do: it must not end the agent
            _logger.exception("probe_broken", task=str(probe.key.task), target=str(probe.target))
            outcome = Prevented(describe_error(error))
        if isinstance(outcome, Prevented):
            _logger.warning("probe_prevented", task=str(probe.key.task), kind=probe.key.kind.value, why=outcome.reason)
        return outcome

    async def _ask_kind(self, probe: Probe) -> Outcome:
        match probe.target:
            case CommandTarget() as target:
                async with self._commands:
                    return await self._run(probe.container_id, target, probe.timeout)
            case HttpTarget() as target:
                async with self._networks:
                    return await self._get(target, probe.place, probe.timeout)
            case TcpTarget() as target:
                async with self._networks:
                    return await self._connect(target, probe.place, probe.timeout)

    async def _run(self, container_id: ContainerId, target: CommandTarget, timeout: float) -> Outcome:
        session: Session | None = None
        try:
            async with asyncio.timeout(timeout):
                session = await self._executing.execute(
                    container_id, Execution(argv=target.argv, environment=target.environment)
                )
                tail = await _read_tail(session)
                exit_code = await session.wait()
        except LaunchFailed as error:
            return Exited(exit_code=_NO_SUCH_COMMAND, last_line=error.reason)
        except TimeoutError:
            # Only a command that was started has had its time.
            return Prevented("its start took too long") if session is None else _timed_out(timeout)
        finally:
            if session is not None:
                await _end(session)
        if exit_code is None:
            return Prevented("nobody can tell how its command ended")
        return Exited(exit_code=exit_code, last_line=last_line(tail))

    async def _get(self, target: HttpTarget, place: Place, timeout: float) -> Outcome:
        way = await self._sockets.find_way(place, is_ipv6=target.is_ipv6)
        host = f"[{way.host}]" if ":" in way.host else way.host
        connector = TCPConnector(
            ssl=False,
            force_close=True,
            use_dns_cache=False,
            socket_factory=lambda address: way.make_socket_to(address[0], str(address[4][0])),
        )
        session = ClientSession(
            connector=connector,
            timeout=ClientTimeout(total=timeout),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
        )
        try:
            async with session, asyncio.timeout(timeout):
                url = URL(f"{target.scheme}://{host}:{target.port}{target.path}")
                headers = {"User-Agent": "koinon-agent"}
                async with session.get(url, headers=headers, max_redirects=MAX_REDIRECTS) as response:
                    with suppress(TimeoutError, ClientError):
                        async with asyncio.timeout(_BODY_SECONDS):
                            await response.content.read(_BODY_BYTES)
                    return Answered(response.status)
        except TimeoutError:
            return _timed_out(timeout)
        except ClientConnectorError as error:
            if isinstance(error.os_error, ProcessLookupError):
                return Prevented(str(error.os_error))
            return Unanswered(_name(error.os_error))
        except ClientError as error:
            return Unanswered(describe_error(error))

    async def _connect(self, target: TcpTarget, place: Place, timeout: float) -> Outcome:
        way = await self._sockets.find_way(place, is_ipv6=target.is_ipv6)
        with way.make_socket(socket.AF_INET6 if target.is_ipv6 else socket.AF_INET) as connection:
            connection.setblocking(False)
            try:
                async with asyncio.timeout(timeout):
                    await asyncio.get_running_loop().sock_connect(connection, (way.host, target.port))
            except TimeoutError:
                return _timed_out(timeout)
            except OSError as error:
                return NotConnected(_name(error))
        return Connected()


async def _read_tail(session: Session) -> bytes:
    """The last it said, read to the end so that it is never kept waiting."""
    tail = b""
    while (said := await session.read()) is not None:
        tail = (tail + said[1])[-_TAIL_BYTES:]
    return tail


async def _end(session: Session) -> None:
    """A session that does not close must not keep the turn of others."""
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await session.close()
    except (TimeoutError, OSError, ContainerizerError) as error:
        _logger.warning("probe_not_closed", error=describe_error(error))


def last_line(output: bytes) -> str:
    """The last line that says anything, in a length fit for a message."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    return "".join(char if char.isprintable() else "?" for char in lines[-1][:_LINE_CHARACTERS]) if lines else ""


def _timed_out(timeout: float) -> Unanswered:
    return Unanswered(f"timed out after {timeout:g} s")


def _name(error: OSError) -> str:
    """asyncio says which address it called; the number says what came of it. TLS and resolvers have their own."""
    number = error.errno or 0
    if isinstance(error, SSLError) or number <= 0:
        return describe_error(error)
    return os.strerror(number).lower()
