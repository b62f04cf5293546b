"""`/config`, `/logging` and `/help` (marathon-v2-api 2)."""

import asyncio
import logging

import structlog
from aiohttp import web

from koinon_daemon.flags import flag_texts
from koinon_daemon.logs import root_level, set_root_level

from ..codec import parse_json
from ..definition.problems import INVALID_JSON, Problem, Rejection, at_least, one_of
from ..plugins.interface import Action, Kind, Resource
from .answers import json_answer, not_found, or_refuse, refuse, refuse_saying
from .requests import json_body, route
from .service import Service

ROOT = "ROOT"
LONGEST_SECONDS = 10 * 365 * 86400
_LEVELS = {
    "TRACE": logging.DEBUG,
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARN": logging.WARNING,
    "WARNING": logging.WARNING,
    "ERROR": logging.ERROR,
    "OFF": logging.CRITICAL,
}
_OURS = "koinon"
_logger = structlog.get_logger(__name__)


class SystemResource:
    """How this process was started, and how much it logs."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._fallbacks: dict[str, asyncio.TimerHandle] = {}

    def routes(self) -> list[web.RouteDef]:
        """Everything that is not below `/v2`."""
        return [
            route("GET", "/config", self.show_config),
            route("GET", "/logging", self.show_levels),
            route("POST", "/logging", self.set_level),
            route("GET", "/help", self.no_console),
        ]

    async def show_config(self, request: web.Request) -> web.Response:
        """Every flag that has a value, secrets hidden."""
        self._service.check(request, Action.VIEW, Resource(Kind.SYSTEM_CONFIG))
        return json_answer(flag_texts(self._service.config))

    async def show_levels(self, request: web.Request) -> web.Response:
        """The level of our own events, under ROOT, and of each library's logger that has one of its own."""
        self._service.check(request, Action.VIEW, Resource(Kind.SYSTEM_CONFIG))
        named = {
            name: logging.getLevelName(each.level)
            for name, each in sorted(logging.root.manager.loggerDict.items())
            if isinstance(each, logging.Logger) and each.level
        }
        return json_answer({ROOT: logging.getLevelName(root_level()), **named})

    async def set_level(self, request: web.Request) -> web.Response:
        """Log more or less, for `durationSeconds` or until told otherwise."""
        self._service.check(request, Action.UPDATE, Resource(Kind.SYSTEM_CONFIG))
        found = or_refuse(parse_json(await json_body(request)))
        problems = list(_problems(found))
        if problems or not isinstance(found, dict):
            refuse(Rejection(422, INVALID_JSON, tuple(problems)))
        name, seconds = found["logger"], found.get("durationSeconds")
        if name.startswith(_OURS):
            refuse_saying(f"{name}: our own events have one level, that of {ROOT}", 422)
        self._apply(name, _LEVELS[found["level"].upper()])
        if name in self._fallbacks:
            self._fallbacks.pop(name).cancel()
        if seconds is not None:
            loop = asyncio.get_running_loop()
            self._fallbacks[name] = loop.call_later(min(seconds, LONGEST_SECONDS), self._apply, name, None)
        return json_answer({key: value for key, value in found.items() if value is not None})

    async def no_console(self, _request: web.Request) -> web.Response:
        """Marathon's console of its API is none of ours."""
        not_found("There is no API console here: the API is that of Marathon 1.11, below /v2")

    def _apply(self, name: str, level: int | None) -> None:
        """Set a level; None: as it was when the process began."""
        if name == ROOT:
            set_root_level(level)
        else:
            logging.getLogger(name).setLevel(logging.NOTSET if level is None else level)
        _logger.info("logging_level_set", logger_name=name, level=level)


def _problems(found: object) -> list[Problem]:
    if not isinstance(found, dict):
        return [Problem("", "error.expected.jsobject")]
    problems = []
    for name in ("logger", "level"):
        if not isinstance(found.get(name), str):
            problems.append(Problem(f"/{name}", "error.expected.jsstring" if name in found else "error.path.missing"))
    if isinstance(found.get("level"), str) and found["level"].upper() not in _LEVELS:
        problems.append(Problem("/level", "error.unknown.enum.literal", one_of(_LEVELS)))
    seconds = found.get("durationSeconds")
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int)):
        problems.append(Problem("/durationSeconds", "error.expected.int"))
    elif seconds is not None and seconds <= 0:
        problems.append(Problem("/durationSeconds", "error.min", at_least(1)))
    return problems
