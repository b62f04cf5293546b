"""An executor on nothing but Python's own library: runs each task by doing nothing until it is killed.

It tells its scheduler what it was started with, and ends when it is asked to, or when its stream does.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import sys
import uuid
from typing import Any

IDS = {
    "framework_id": {"value": os.environ["MESOS_FRAMEWORK_ID"]},
    "executor_id": {"value": os.environ["MESOS_EXECUTOR_ID"]},
}
JSON = {"Content-Type": "application/json", "Accept": "application/json"}
NAME, _, ADDRESS = os.environ["MESOS_SLAVE_PID"].partition("@")
PATH = f"/{NAME}/api/v1/executor"


def call(kind: str, **body: Any) -> None:
    """Make one call; whatever is wrong with it ends the program."""
    connection = http.client.HTTPConnection(ADDRESS)
    connection.request("POST", PATH, json.dumps({"type": kind, **IDS, kind.lower(): body}), JSON)
    response = connection.getresponse()
    text = response.read()
    if response.status != http.client.ACCEPTED:
        sys.exit(f"{kind}: {response.status} {text!r}")


def update(task_id: Any, state: str) -> None:
    """Say how a task is."""
    unique = base64.b64encode(uuid.uuid4().bytes).decode()
    status = {"task_id": task_id, "state": state, "source": "SOURCE_EXECUTOR", "uuid": unique}
    call("UPDATE", status=status)


def say(document: Any) -> None:
    """Tell the scheduler something."""
    call("MESSAGE", data=base64.b64encode(json.dumps(document).encode()).decode())


def write(line: str) -> None:
    """Write a line that is there even if the program is killed next."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def surroundings() -> dict[str, Any]:
    """What it was started with."""
    environment = {name: value for name, value in os.environ.items() if name.startswith("MESOS_") or name == "OWN"}
    return {"environment": environment, "arguments": sys.argv[1:], "directory": os.getcwd()}


def main() -> None:
    """Follow the stream."""
    connection = http.client.HTTPConnection(ADDRESS)
    connection.request("POST", PATH, json.dumps({"type": "SUBSCRIBE", **IDS, "subscribe": {}}), JSON)
    response = connection.getresponse()
    while length := response.readline():
        event = json.loads(response.read(int(length)))
        if event["type"] == "LAUNCH":
            task = event["launch"]["task"]
            update(task["task_id"], "TASK_STARTING")
            update(task["task_id"], "TASK_RUNNING")
            write(f"runs {base64.b64decode(task['data']).decode()}")
            say(surroundings())
        elif event["type"] == "KILL":
            update(event["kill"]["task_id"], "TASK_KILLED")
        elif event["type"] == "SHUTDOWN":
            write("shut down")
            sys.exit(3)


main()
