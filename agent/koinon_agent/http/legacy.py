"""An agent's older read endpoints: requests to views, views to JSON (mesos-operator-api 2, 3.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from koinon_core import MESOS_VERSION
from koinon_daemon.flags import flag_texts

from ..views import show_state
from .access import sight_of
from .site import Handler, Site, answer

BUILD = {"version": MESOS_VERSION, "build_date": "2020-11-17 00:00:00", "build_time": 1605571200.0, "build_user": ""}
"""What tools parse to know whose behaviour they get; the time is the release's."""


class LegacyApi:
    """The handlers by path."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def handlers(self) -> Mapping[str, Handler]:
        """Path to handler; ``/state.json`` is for tools from before Mesos 1.8."""
        return {
            "/state": self.state,
            "/state.json": self.state,
            "/flags": self.flags,
            "/version": self.version,
        }

    async def state(self, request: web.Request) -> web.Response:
        """``/state``."""
        site = self._site
        sight = sight_of(site.config, request)
        head: dict[str, Any] = BUILD | {"start_time": site.start_time}
        if sight.find_flags_refusal() is None:
            head["flags"] = flag_texts(site.config)
        for name in ("log_dir", "external_log_file"):
            if (path := getattr(site.config, name)) is not None:
                head[name] = str(path)
        return answer(request, head | show_state(site.recovered(), sight))

    async def flags(self, request: web.Request) -> web.Response:
        """``/flags``."""
        return answer(request, {"flags": flag_texts(self._site.config)})

    async def version(self, request: web.Request) -> web.Response:
        """``/version``."""
        return answer(request, BUILD)
