"""How a scenario speaks to a master, whichever it is, and what is written down of it.

A scenario is an async function of a Script. Whatever it does through the Script becomes a step of the transcript.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import quote

import orjson
from aiohttp import ClientResponse, ClientSession, ClientTimeout, DummyCookieJar
from attrs import frozen
from yarl import URL

from koinon_core.wire import RecordDecoder

from .masks import Masks
from .transcript import Transcript

JSON = "application/json"
PROTOBUF = "application/x-protobuf"
PATIENCE_SECONDS = 12.0
OFFERED = frozenset(("OFFERS", "RESCIND", "INVERSE_OFFERS", "RESCIND_INVERSE_OFFER"))
READ_HEADERS = ("Content-Type", "Location", "Allow", "WWW-Authenticate", "Content-Disposition", "Content-Encoding")


@frozen
class Answer:
    """What came back, as it was."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)


class Script:
    """One scenario's way to one master."""

    def __init__(self, address: str, session: ClientSession, strangers: frozenset[str]) -> None:
        self.address = address
        self.session = session
        self.masks = Masks(strangers)
        self.transcript: Transcript = []
        self.streams: list[EventStream] = []
        self.frameworks: list[str] = []

    def note(self, title: str, **seen: Any) -> None:
        """Write a step down."""
        self.transcript.append({"step": title} | {key: self.masks.mask(value, key) for key, value in seen.items()})

    async def send(self, method: str, path: str, data: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        """Send a request as it is; nothing is written down."""
        url = URL(f"http://{self.address}{path}", encoded=True)
        request = self.session.request(method, url, data=data or None, headers=headers, allow_redirects=False)
        async with request as response:
            return Answer(response.status, dict(response.headers), await response.read())

    async def ask(
        self, method: str, path: str, data: bytes = b"", *, headers: dict[str, str] | None = None, title: str = ""
    ) -> Answer:
        """Send a request, and write all of the answer down that clients read."""
        answer = await self.send(method, path, data, headers)
        self.note_answer(title or f"{method} {self.masks.text(path)}", answer)
        return answer

    def note_answer(self, title: str, answer: Answer, pick: Callable[[Any], Any] | None = None) -> None:
        """Write an answer down, or what ``pick`` takes of its document."""
        headers = {name: self.masks.text(answer.headers[name]) for name in READ_HEADERS if name in answer.headers}
        body: Any = answer.body.decode("latin-1")
        if answer.headers.get("Content-Type") == JSON:
            with contextlib.suppress(orjson.JSONDecodeError):  # What a file holds goes into JSON as it is.
                body = answer.document
        self.note(title, status=answer.status, headers=headers, body=body if pick is None else pick(body))

    async def get(self, path: str, pick: Callable[[Any], Any] | None = None) -> Any:
        """GET a JSON document, and write it (or a part of it) down."""
        answer = await self.send("GET", path)
        self.note_answer(f"GET {self.masks.text(path)}", answer, pick)
        return answer.document

    async def form(self, path: str, **fields: str) -> Answer:
        """POST a form."""
        data = "&".join(f"{name}={_quote(text)}" for name, text in fields.items())
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self.ask("POST", path, data.encode(), headers=kind)

    async def operate(self, kind: str, *, title: str = "", **body: Any) -> Answer:
        """Make one call of the operator API."""
        call = {"type": kind} | ({kind.lower(): body} if body else {})
        return await self.ask("POST", "/api/v1", orjson.dumps(call), headers=BOTH_JSON, title=title or kind)

    async def agent_id(self) -> str:
        """The first agent's id."""
        return str((await self.send("GET", "/slaves")).document["slaves"][0]["id"])

    async def open(self, path: str, call: Any, headers: dict[str, str] | None = None) -> EventStream:
        """Open an event stream."""
        url = URL(f"http://{self.address}{path}", encoded=True)
        response = await self.session.post(url, data=orjson.dumps(call), headers=headers or BOTH_JSON)
        stream = EventStream(self, response)
        self.streams.append(stream)
        return stream

    async def wait(self, look: Callable[[], Awaitable[bool]], what: str) -> None:
        """Ask until it is so; nothing is written down. Raises TimeoutError."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not await look():
            if time.monotonic() > end:
                raise TimeoutError(what)
            await asyncio.sleep(0.02)

    async def until_no_operation(self) -> None:
        """The master remembers no operation any more: all are carried out, and acknowledged if they want it."""

        async def is_forgotten() -> bool:
            answer = await self.send("POST", "/api/v1", b'{"type":"GET_OPERATIONS"}', {"Content-Type": JSON})
            return not answer.document["get_operations"].get("operations")

        await self.wait(is_forgotten, "the master forgets its operations")

    async def leave(self) -> None:
        """End all streams and all frameworks of this script, and all quota."""
        for stream in self.streams:
            stream.close()
        for framework_id in self.frameworks:
            await self.send("POST", "/teardown", f"frameworkId={framework_id}".encode())
        quotas = (await self.send("GET", "/quota")).document.get("configs", [])
        if quotas:
            none = {"quota_configs": [{"role": quota["role"]} for quota in quotas]}
            await self.send("POST", "/api/v1", orjson.dumps({"type": "UPDATE_QUOTA", "update_quota": none}), BOTH_JSON)


BOTH_JSON = {"Content-Type": JSON, "Accept": JSON}


def _quote(text: str) -> str:
    return quote(text, safe="")


class EventStream:
    """Events as they come, in two lanes: what is offered, and the rest.

    Within a lane the order is the master's; between them it is a matter of clocks, as is when a HEARTBEAT comes.
    """

    def __init__(self, script: Script, response: ClientResponse) -> None:
        self.response = response
        self.is_ended = False
        self._script = script
        self._decoder = RecordDecoder()
        self._offered: list[dict[str, Any]] = []
        self._rest: list[dict[str, Any]] = []

    @property
    def stream_id(self) -> str:
        """What the stream is called."""
        return self.response.headers.get("Mesos-Stream-Id", "")

    async def _read_more(self) -> None:
        data = await self.response.content.readany()
        self.is_ended = not data
        for record in self._decoder.feed(data):
            event = json.loads(record)
            if event["type"] != "HEARTBEAT":
                (self._offered if event["type"] in OFFERED else self._rest).append(event)

    async def until(self, kind: str, title: str, count: int = 1) -> dict[str, Any]:
        """Read a lane until so many events of a type came, and write all of it down; the last one."""
        lane = self._offered if kind in OFFERED else self._rest
        seen: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while sum(event["type"] == kind for event in seen) < count:
                    while not lane and not self.is_ended:
                        await self._read_more()
                    if not lane:
                        break
                    seen.append(lane.pop(0))
        except TimeoutError:
            seen.append({"type": f"<no {kind}>"})
        self._script.note(title, events=seen)
        return seen[-1] if seen else {}

    async def until_quietly(self, kind: str, count: int = 1) -> dict[str, Any]:
        """As ``until``, and nothing is written down: several stories run at once, in whatever order."""
        written = len(self._script.transcript)
        event = await self.until(kind, "", count)
        del self._script.transcript[written:]
        return event

    async def next_quietly(self) -> dict[str, Any]:
        """The next event that is no offer; nothing is written down. Raises TimeoutError, EOFError."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self._rest:
                if self.is_ended:
                    raise EOFError("the stream has ended")
                await self._read_more()
        return self._rest.pop(0)

    async def until_end(self, title: str) -> None:
        """Read until the master ends the stream."""
        await self.until("<none>", title)

    def close(self) -> None:
        """Go away without a word."""
        self.response.close()


def _session() -> ClientSession:
    """A client that adds nothing to what it is told to send."""
    silent = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")
    return ClientSession(timeout=ClientTimeout(total=30), cookie_jar=DummyCookieJar(), skip_auto_headers=silent)


@contextlib.asynccontextmanager
async def running_script(address: str) -> AsyncIterator[Script]:
    """A script on a master, which does not see who was there before."""
    async with _session() as session:
        script = Script(address, session, frozenset())
        known = (await script.send("GET", "/frameworks")).document
        before = [one["id"] for key in ("frameworks", "completed_frameworks") for one in known[key]]
        script.masks = Masks(frozenset(before))
        try:
            yield script
        finally:
            await script.leave()
