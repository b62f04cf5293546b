"""A framework's own executor as people write them by hand: JSON over HTTP, and nothing but the standard library.

Each task says in its ``data`` where to leave a line when it starts, and after how many seconds it finishes by itself,
if ever. What was not acknowledged is kept, told again and brought along when the agent comes back. Called with
``once`` it ends with its only task.
"""

import base64
import http.client
import json
import os
import sys
import threading
import time
import uuid
from contextlib import suppress
from typing import Any

PAUSE_SECONDS = 0.1
"""Between attempts to reach the agent."""
AGAIN_SECONDS = 1.0
"""After which an update that was not acknowledged is told again."""


class Executor:
    """Its tasks and what it has told of them."""

    def __init__(self, *, is_once: bool) -> None:
        self.is_once = is_once
        self.lock = threading.Lock()
        self.running: dict[str, Any] = {}
        self.unheard: dict[str, Any] = {}
        self.updates: dict[str, Any] = {}

    def call(self, kind: str, **body: Any) -> http.client.HTTPResponse:
        """Send a call on a connection of its own."""
        identity = {
            "executor_id": {"value": os.environ["MESOS_EXECUTOR_ID"]},
            "framework_id": {"value": os.environ["MESOS_FRAMEWORK_ID"]},
        }
        connection = http.client.HTTPConnection(os.environ["MESOS_AGENT_ENDPOINT"], timeout=60)
        content = json.dumps({**identity, "type": kind, **body})
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        connection.request("POST", "/api/v1/executor", content, headers)
        return connection.getresponse()

    def listen(self) -> None:
        """Subscribe, and again whenever the agent goes away."""
        while True:
            try:
                self.read_stream()
            except (OSError, ValueError, http.client.HTTPException) as error:
                complain("stream", error)
            time.sleep(PAUSE_SECONDS)

    def read_stream(self) -> None:
        with self.lock:
            tasks, updates = list(self.unheard.values()), [{"status": one} for one in self.updates.values()]
        subscribe = {"unacknowledged_tasks": tasks, "unacknowledged_updates": updates}
        stream = self.call("SUBSCRIBE", subscribe=subscribe)
        if stream.status != 200:
            raise ValueError(stream.read())
        while length := stream.readline():
            self.react(json.loads(stream.read(int(length))))

    def react(self, event: Any) -> None:
        kind = event["type"]
        if kind == "LAUNCH":
            self.begin(event["launch"]["task"])
        elif kind == "KILL":
            self.end(event["kill"]["task_id"]["value"], "TASK_KILLED")
        elif kind == "ACKNOWLEDGED":
            self.forget(event["acknowledged"]["uuid"], event["acknowledged"]["task_id"]["value"])
        elif kind == "SHUTDOWN":
            os._exit(0)

    def begin(self, task: Any) -> None:
        name, wanted = task["task_id"]["value"], json.loads(base64.b64decode(task["data"]))
        with open(wanted["mark"], "a") as mark:
            mark.write(f"{os.getpid()}\n")
        with self.lock:
            self.unheard[name] = self.running[name] = task
        self.tell(name, "TASK_RUNNING")
        if wanted["seconds"] is not None:
            threading.Timer(wanted["seconds"], self.end, (name, "TASK_FINISHED")).start()

    def end(self, name: str, state: str) -> None:
        with self.lock:
            was_running = self.running.pop(name, None) is not None
        if was_running:
            self.tell(name, state)

    def tell(self, name: str, state: str) -> None:
        number = base64.b64encode(uuid.uuid4().bytes).decode()
        status = {"task_id": {"value": name}, "state": state, "source": "SOURCE_EXECUTOR", "uuid": number}
        with self.lock:
            self.updates[number] = status
        self.send_oldest(name)

    def send_oldest(self, name: str) -> None:
        """One update of a task at a time: so they arrive in order."""
        with self.lock:
            status = next((one for one in self.updates.values() if one["task_id"]["value"] == name), None)
        if status is None:
            return
        try:
            self.call("UPDATE", update={"status": status}).read()
        except (OSError, http.client.HTTPException) as error:
            complain("update", error)

    def forget(self, number: str, name: str) -> None:
        with self.lock:
            status = self.updates.pop(number, None)
            self.unheard.pop(name, None)
        if self.is_once and status is not None and status["state"] != "TASK_RUNNING":
            os._exit(0)
        self.send_oldest(name)

    def repeat(self) -> None:
        """Tell again what is not acknowledged."""
        while True:
            time.sleep(AGAIN_SECONDS)
            with self.lock:
                names = {one["task_id"]["value"] for one in self.updates.values()}
            for name in names:
                self.send_oldest(name)


def complain(what: str, error: Exception) -> None:
    """Say so in the sandbox, if its disk takes it."""
    with suppress(OSError):
        os.write(2, f"{what}: {error!r}\n".encode())


if __name__ == "__main__":
    executor = Executor(is_once="once" in sys.argv[1:])
    threading.Thread(target=executor.repeat, daemon=True).start()
    executor.listen()
