"""A small load balancer, and somebody who asks through it all the time: what an upgrade must not be noticed by.

It knows what load balancers know: `/v2/apps?embed=apps.tasks`. A task gets requests while it runs and all its checks
find it well; one that is being killed gets none.
"""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Any

import requests
from attrs import define, field

LOOK_EVERY = 0.1
ASK_EVERY = 0.02
TIMEOUT = 2.0


@define
class RoundRobin:
    """Asks an app 50 times a second, each time another of its instances, from `with` to its end."""

    marathon_url: str
    app_id: str
    answers: Counter[str] = field(factory=Counter)
    """How often each body came."""
    failures: list[str] = field(factory=list)
    """What went wrong, and with whom."""
    _backends: list[tuple[str, int]] = field(factory=list)
    _is_over: threading.Event = field(factory=threading.Event)
    _threads: list[threading.Thread] = field(factory=list)

    def __enter__(self) -> RoundRobin:
        self._look()
        self._threads = [threading.Thread(target=self._keep_looking), threading.Thread(target=self._keep_asking)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _keep_looking(self) -> None:
        while not self._is_over.wait(LOOK_EVERY):
            self._look()

    def _look(self) -> None:
        answer = requests.get(f"{self.marathon_url}/v2/apps", params={"embed": "apps.tasks"}, timeout=10)
        apps: list[dict[str, Any]] = answer.json()["apps"]
        tasks = [task for app in apps if app["id"] == self.app_id for task in app["tasks"]]
        self._backends = [(task["host"], task["ports"][0]) for task in tasks if _takes_requests(task)]

    def _keep_asking(self) -> None:
        for turn in itertools.count():
            begun = time.monotonic()
            self._ask(turn)
            if self._is_over.wait(max(0.0, ASK_EVERY - (time.monotonic() - begun))):
                return

    def _ask(self, turn: int) -> None:
        backends = self._backends
        if not backends:
            self.failures.append("nobody to ask")
            return
        _, port = backends[turn % len(backends)]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        try:
            connection.request("GET", "/")
            answer = connection.getresponse()
            body = answer.read().decode().strip()
            self.answers[body if answer.status == http.client.OK else f"status {answer.status}"] += 1
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(f"{port}: {error!r}")
        finally:
            connection.close()


def _takes_requests(task: dict[str, Any]) -> bool:
    results = task.get("healthCheckResults", [])
    return task["state"] == "TASK_RUNNING" and bool(results) and all(result["alive"] for result in results)
