"""Calls to Marathon, masters and agents: JSON there, JSON back, and every other answer as an error of ``errors``."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import orjson
from attrs import evolve, frozen

from koinon_daemon.client import Call, HttpClient, Reply
from koinon_daemon.credentials import Credential
from koinon_daemon.errors import PeerError

from .errors import CliError, Conflict, NotFound, Refused, Unreachable, UsageFault

T = TypeVar("T")
_DEPLOYMENT = "marathon-deployment-id"
_UNLOCK = "koinon deployment show says what it waits for; --force overrides it"
_UNKNOWN = ("Unknown agent", "No agent found", "No framework found")
"""How masters begin the 400s that are about what isn't there (mesos-operator-api 1.1)."""


@frozen
class Answer:
    """A good answer: the document (None where the body is empty) and the deployment that it began."""

    document: Any
    deployment_id: str | None = None


@frozen(kw_only=True)
class Request:
    """One call. ``body`` is what becomes JSON; ``credential`` is for masters that ask."""

    method: str
    url: str
    query: Mapping[str, str] | None = None
    body: Any = None
    deadline: float = 30.0
    credential: Credential | None = None


class HttpApi:
    """Asynchronous, for whoever has a loop."""

    def __init__(self, client: HttpClient) -> None:
        """``client`` is open."""
        self._client = client

    async def call(self, request: Request) -> Answer:
        """The answer, over redirects to the leader. Raises CliError for anything but 2xx."""
        url = request.url + (f"?{urlencode(request.query)}" if request.query else "")
        call = Call(
            method=request.method,
            url=url,
            body=None if request.body is None else orjson.dumps(request.body),
            headers={"Content-Type": "application/json", "Accept": "application/json"} | prove(request.credential),
            deadline=request.deadline,
            follows_redirects=request.credential is None,
        )
        try:
            reply = await self._client.call(call)
            if request.credential is not None and reply.status == HTTPStatus.TEMPORARY_REDIRECT:
                # One step, to the leader: nobody else gets to see the secret.
                reply = await self._client.call(evolve(call, url=_leader(url, reply)))
        except PeerError as error:
            raise unreachable(request.url, error) from error
        if not 200 <= reply.status < 300:
            raise _error(request.url, reply)
        deployment = reply.headers.get(_DEPLOYMENT)
        document = _parse(request.url, reply.body)
        if deployment is None and isinstance(document, dict):
            deployment = document.get("deploymentId")
        return Answer(document, deployment)


class BlockingApi:
    """The same for commands, which do one thing after the other."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._client = HttpClient()

    def __enter__(self) -> Self:
        self._runner.__enter__()
        self._runner.run(self._client.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._runner.run(self._client.__aexit__(None, None, None))
        self._runner.close()

    def call(self, request: Request) -> Answer:
        """See ``HttpApi.call``."""
        return self._runner.run(HttpApi(self._client).call(request))

    def run(self, work: Callable[[HttpClient], Coroutine[Any, Any, T]]) -> T:
        """What lasts longer than a call, done with the open client."""
        return self._runner.run(work(self._client))


def answered(url: str, status: int, body: bytes) -> None:
    """Raise CliError for a status that is no success."""
    if not 200 <= status < 300:
        raise _error(url, Reply(status=status, headers={}, body=body))


def base_url(address: str) -> str:
    """``host:port`` or a URL as a URL without a slash at its end. Raises UsageFault."""
    url = (address if "://" in address else f"http://{address}").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageFault(f"{address!r} is no address: host:port, http://host:port or https://host:port is")
    return url


def prove(credential: Credential | None) -> dict[str, str]:
    """The header that says who one is, if one does."""
    return {} if credential is None else {"Authorization": credential.header}


def _leader(url: str, reply: Reply) -> str:
    """Where a standby says the leader is. Raises Refused where a secret would go in the clear that went by TLS."""
    leader = urljoin(url, reply.headers.get("location", ""))
    if url.startswith("https:") and not leader.startswith("https:"):
        raise Refused(f"{url} redirects to {leader}, which is not asked: the secret would go there in the clear")
    return leader


def unreachable(url: str, error: PeerError) -> Unreachable:
    """What no answer means."""
    parts = urlsplit(url)
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        # Its errno is OpenSSL's and no system's.
        found = getattr(cause, "certificate_error", cause)
        reason = (
            f"{getattr(found, 'verify_message', '') or found} (SSL_CERT_FILE names a file of certificates to trust)"
        )
        return Unreachable(f"{parts.scheme}://{parts.netloc} is not trusted: {reason}")
    if isinstance(cause, OSError) and cause.errno:
        # aiohttp's own sentence names the address in three spellings.
        reason = os.strerror(cause.errno) if cause.errno > 0 else str(cause.strerror)
    else:
        reason = str(error)
    return Unreachable(f"nobody answers at {parts.scheme}://{parts.netloc}: {reason}")


def _parse(url: str, body: bytes) -> Any:
    if not body.strip():
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise CliError(f"{url} answered what is no JSON: {error}") from error


def _error(url: str, reply: Reply) -> CliError:
    message, problems = _explain_body(reply.body)
    message = message or f"{url} answered {reply.status}"
    if reply.status == HTTPStatus.UNAUTHORIZED:
        message += (
            " (--principal and --secret, or KOINON_PRINCIPAL and KOINON_SECRET; --marathon-credentials for Marathon)"
        )
    kinds: dict[int, type[CliError]] = {
        400: Refused,
        401: Refused,
        403: Refused,
        404: NotFound,
        409: Conflict,
        413: Refused,
        422: Refused,
        502: Unreachable,
        503: Unreachable,
        504: Unreachable,
    }
    kind = kinds.get(reply.status, CliError)
    if kind is Refused and message.startswith(_UNKNOWN):
        kind = NotFound
    return kind(message, problems=problems)


def _explain_body(body: bytes) -> tuple[str, tuple[str, ...]]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        # Plain text, as masters send it.
        return body[:2000].decode(errors="replace").strip(), ()
    return explain(document) if isinstance(document, dict) else (str(document), ())


def explain(document: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The message and the details, a line each, of an error body (marathon-v2-api 1.3)."""
    details = document.get("details") or []
    if isinstance(details, str):
        problems = [details]
    else:
        problems = [f"{detail['path'] or '/'}: {said}" for detail in details for said in _in_words(detail)]
    locks = [f"deployment {deployment['id']}" for deployment in document.get("deployments", ())]
    problems += [*locks, _UNLOCK] if locks else []
    return str(document.get("message", "")), tuple(problems)


def _in_words(detail: Mapping[str, Any]) -> list[str]:
    """Each complaint about a field. Clients know Marathon's code, people need the meaning that comes with it."""
    errors = detail.get("errors", ())
    pairs = zip(errors, detail.get("meanings", errors), strict=False)
    return [error if meaning == error else f"{meaning} ({error})" for error, meaning in pairs]
