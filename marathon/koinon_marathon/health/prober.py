"""Asks tasks over the network, so many at a time, each for its time at most (marathon-semantics 20.1, 21).

It only measures: no redirect is followed, any certificate will do, of an answer no more is read than is wanted. What an
outcome means is `machine` and `readiness`. What keeps this Marathon from asking is told apart from what a task does.
"""

import asyncio
import errno
import os
import ssl
from collections.abc import Callable
from functools import partial
from socket import AF_INET, gaierror

import h11
import structlog
from attrs import define, field
from yarl import URL

from koinon_core.ids import TaskId

from .names import Names, NamesUnavailable
from .probes import (
    Connected,
    Failed,
    HttpTarget,
    Outcome,
    Prevented,
    Probe,
    ProbeAnswered,
    ProbeEffect,
    ProbeKey,
    Responded,
    StopProbing,
    Target,
    TimedOut,
)

BODY_BYTES = 32 * 1024
"""What is kept of a body that people want to see."""
HEADER_BYTES = 64 * 1024
MOST_PARTS = 500
"""Parts of an answer that are heard: answers that announce another, chunks of a body."""
_PARTS_AT_ONCE = 10
"""After so many others get their turn: a server that makes a part of each byte keeps nobody waiting."""
_OWN_FAULTS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})
_USER_AGENT = "koinon-marathon"
_logger = structlog.get_logger(__name__)


class Prober:
    """The questions of one leader. Those that find no room wait; their time begins when they are asked."""

    def __init__(self, limit: int, answer: Callable[[ProbeAnswered], None]) -> None:
        """At most `limit` are asked at a time; `answer` takes what came of each that was not given up."""
        self._limit = limit
        self._answer = answer
        self._waiting: dict[ProbeKey, Probe] = {}
        self._asking: dict[ProbeKey, asyncio.Task[Outcome]] = {}
        self._of_task: dict[TaskId, set[ProbeKey]] = {}
        self._is_suspended = False
        self._names = Names()
        self._tls = _any_certificate()

    def put(self, effect: ProbeEffect) -> None:
        """Ask a question that is not being asked, or give up those of a task that is over."""
        if isinstance(effect, StopProbing):
            self._give_up(list(self._of_task.get(effect.task_id, ())))
        elif not self._is_suspended and effect.key not in self._asking:
            self._waiting.setdefault(effect.key, effect)
            self._of_task.setdefault(effect.key.task_id, set()).add(effect.key)
        self._fill()

    def suspend(self) -> None:
        """Somebody else may lead: give up everything and ask nothing until `resume`."""
        self._is_suspended = True
        self._give_up([*self._waiting, *self._asking])

    def resume(self) -> None:
        """Questions are asked again as they come."""
        self._is_suspended = False

    async def run(self) -> None:
        """Live until cancelled, and leave nothing behind."""
        try:
            await asyncio.Event().wait()
        finally:
            self.suspend()
            self._names.close()

    def _give_up(self, keys: list[ProbeKey]) -> None:
        for key in keys:
            asking = self._asking.get(key)
            if asking is not None:
                asking.cancel()
            else:
                del self._waiting[key]
                self._forget(key)

    def _forget(self, key: ProbeKey) -> None:
        siblings = self._of_task[key.task_id]
        siblings.remove(key)
        if not siblings:
            del self._of_task[key.task_id]

    def _fill(self) -> None:
        while self._waiting and len(self._asking) < self._limit:
            key, probe = next(iter(self._waiting.items()))
            del self._waiting[key]
            asking = self._asking[key] = asyncio.create_task(self.ask(probe), name=f"probe {key.task_id}")
            asking.add_done_callback(partial(self._end, key))

    def _end(self, key: ProbeKey, asking: "asyncio.Task[Outcome]") -> None:
        del self._asking[key]
        self._forget(key)
        self._fill()
        if not asking.cancelled():
            self._answer(ProbeAnswered(key, asking.result()))

    async def ask(self, probe: Probe) -> Outcome:
        """Ask once, now. Never raises for anything that a peer does."""
        exchange = _Exchange()
        outcome: Outcome
        try:
            async with asyncio.timeout(probe.timeout):
                await self._reach(probe.target, exchange)
        except TimeoutError:
            outcome = exchange.answer or TimedOut(probe.timeout)
        except (OSError, NamesUnavailable, ValueError, h11.ProtocolError) as error:
            outcome = exchange.answer or _name_failure(probe.target, error)
        except Exception as error:  # whatever a peer makes a library do: it must not end the daemon
            _logger.exception("probe_broken", task=probe.key.task_id, target=str(probe.target))
            outcome = Prevented(str(error) or type(error).__name__)
        else:
            outcome = exchange.answer or Connected()
        if isinstance(outcome, Prevented):
            _logger.warning("probe_prevented", task=probe.key.task_id, why=outcome.reason)
        return outcome

    async def _reach(self, target: Target, exchange: "_Exchange") -> None:
        address = await self._names.find(target.host)
        is_tls = isinstance(target, HttpTarget) and target.is_tls
        reader, writer = await asyncio.open_connection(
            address,
            target.port,
            family=AF_INET,
            ssl=self._tls if is_tls else None,
            server_hostname=target.host if is_tls else None,
        )
        try:
            if isinstance(target, HttpTarget):
                await _get(reader, writer, target, exchange)
        finally:
            # A TLS peer need not be waited for: nothing it says matters any more.
            writer.transport.abort() if is_tls else writer.close()


@define
class _Exchange:
    """What was heard of a server, also where it then fell silent. An answer that announces another counts last."""

    heard: Responded | None = None
    body: bytearray = field(factory=bytearray)
    parts: int = 0

    @property
    def answer(self) -> Responded | None:
        """What was heard, with as much of its body as is kept."""
        text = bytes(self.body[:BODY_BYTES]).decode(errors="replace")
        return self.heard and Responded(self.heard.status, self.heard.reason, self.heard.content_type, text)

    async def count_part(self) -> bool:
        """Whether this part is to be heard. Those of an answer that never ends are not all."""
        self.parts += 1
        if self.parts % _PARTS_AT_ONCE == 0:
            await asyncio.sleep(0)
        return self.parts <= MOST_PARTS


async def _get(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: HttpTarget, exchange: _Exchange
) -> None:
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADER_BYTES)
    request = h11.Request(
        method="GET",
        target=URL(f"http://host{target.path}").raw_path_qs,
        headers=[
            ("Host", f"{target.host}:{target.port}"),
            ("User-Agent", _USER_AGENT),
            ("Accept", "*/*"),
            ("Connection", "close"),
        ],
    )
    writer.write((connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b""))
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            data = await reader.read(HEADER_BYTES)
            if not data and exchange.heard is None:
                raise ConnectionResetError("the connection was closed without an answer")
            connection.receive_data(data)
        elif not await exchange.count_part():
            return
        elif isinstance(event, h11.InformationalResponse | h11.Response):
            exchange.heard = _responded(event)
            if isinstance(event, h11.Response) and not target.keeps_body:
                return
        elif isinstance(event, h11.Data) and exchange.heard is not None:
            exchange.body += event.data
            if len(exchange.body) >= BODY_BYTES:
                return
        else:
            return


def _responded(event: h11.InformationalResponse | h11.Response) -> Responded:
    types = [value for name, value in event.headers if name == b"content-type"]
    content_type = types[0].decode("latin-1") if types else ""
    return Responded(event.status_code, event.reason.decode("latin-1"), content_type)


def _any_certificate() -> ssl.SSLContext:
    """A task's certificate is its own affair."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _name_failure(target: Target, error: Exception) -> Failed | Prevented:
    """Words for what went wrong, and whose fault it is."""
    match error:
        case NamesUnavailable():
            return Prevented(str(error))
        case gaierror():
            return Failed(f"{target.host}: {(error.strerror or 'unknown host').lower()}")
        case ssl.SSLError():
            return Failed(f"TLS failed: {error.reason or error}")
        case OSError(errno=number) if number in _OWN_FAULTS:
            return Prevented(os.strerror(number).lower())
        case OSError():
            return Failed(os.strerror(error.errno).lower() if error.errno else str(error) or type(error).__name__)
        case h11.RemoteProtocolError():
            return Failed(f"no HTTP answer that can be understood: {error}")
    return Failed(f"it can't be asked: {error}")
