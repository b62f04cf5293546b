"""A cluster full of hostile text in every field that its APIs take one in, from agents to tasks and their files."""

from __future__ import annotations

import base64
import shlex
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import requests
from attrs import define, field

from support.cluster import TIMEOUT, Cluster, running_cluster
from support.hostile_text import NAMES, laden, words
from support.lean_scheduler import LeanScheduler
from support.waiting import wait_until

EXECUTOR = Path(__file__).parent / "talking_executor.py"
ROLE = words("role", "/\\")[0]
FRAMEWORK = {
    "name": laden("framework_name")[2],
    "hostname": laden("framework_host")[17],
    "webui_url": "javascript:pwned('webui')",
    "roles": [ROLE],
}
SHOWN = frozenset(
    (
        *("attribute", "host", "cluster", "role", "framework_name", "framework_host", "webui", "task_name", "task_id"),
        *("task_label", "message", "label", "label_key", "env", "cmd", "log", "file", "constraint"),
        *("typed", "said", "query"),
    )
)
"""The fields whose text a screen shows."""


@define
class Launcher:
    """Puts its tasks on the first offer that has room, and keeps the other offers."""

    tasks: list[dict[str, Any]]
    scheduler: LeanScheduler = field(init=False)

    def hear(self, kind: str, event: Any) -> None:
        """Offers and updates; the rest is of no interest."""
        if kind == "UPDATE":
            self.scheduler.acknowledge(event["status"])
        for offer in event.get("offers", ()) if kind == "OFFERS" else ():
            if self.tasks:
                tasks, self.tasks = self.tasks, []
                placed = [task | {"agent_id": offer["agent_id"]} for task in tasks]
                self.scheduler.call(self.scheduler.accept(offer, placed, {}))


def amounts(**values: float) -> list[dict[str, Any]]:
    """Scalars."""
    return [{"name": name, "type": "SCALAR", "scalar": {"value": value}} for name, value in values.items()]


def hostile_tasks() -> list[dict[str, Any]]:
    """One task a text: its name, labels and, at the end of half of them, its message."""
    executor = {
        "executor_id": {"value": "talking"},
        "name": laden("executor")[2],
        "resources": amounts(cpus=0.1, mem=32),
        "command": {"value": f"exec {shlex.quote(sys.executable)} {shlex.quote(str(EXECUTOR))} application/json"},
    }
    ids = words("task_id", "/\\")
    tasks = []
    for number, text in enumerate(laden("task_name")):
        message = laden("message")[number]
        data = f"say {message}" if number % 2 else "wait"
        task_id = ids[number] if number < len(ids) else f"task-{number}"
        made: dict[str, Any] = {"name": text, "task_id": {"value": task_id}}
        labels = {"labels": [{"key": laden("task_label")[number], "value": laden("task_label")[number]}]}
        made |= {"executor": executor, "resources": amounts(cpus=0.01, mem=1), "labels": labels}
        tasks.append(made | {"data": base64.b64encode(data.encode()).decode()})
    return tasks


def hostile_apps() -> list[dict[str, Any]]:
    """Labels, environment, commands, files and logs; one that waits for what no agent has."""
    log = base64.b64encode("\n".join([*laden("log"), "\x00\x01\xff"]).encode()).decode()
    files = " ".join(
        shlex.quote(text.replace("/", "\u2215")) for text in laden("file") if len(text) < 80 and "\0" not in text
    )
    cmd = f"echo {log} | base64 -d; echo {log} | base64 -d >&2; touch -- {files}; sleep 9999 # {laden('cmd')[2]}"
    admitted = [text for text in laden("label") if "\0" not in text]
    labels = {text.replace("'label'", "'label_key'"): text for text in admitted} | dict.fromkeys(NAMES, admitted[0])
    env = {f"X{number}": text for number, text in enumerate(laden("env")) if "\0" not in text} | dict.fromkeys(
        NAMES, "x"
    )
    likes = [["rack", "LIKE", laden("constraint")[2]]]
    common = {"cpus": 0.1, "mem": 32}
    return [
        {"id": "/constructor/hostile", "cmd": cmd, "labels": labels, "env": env, **common},
        {"id": "/constructor/tostring/waits", "cmd": laden("cmd")[0], "constraints": likes, **common},
        {"id": "/constructor/fails", "cmd": laden("cmd")[4], **common},
    ]


@contextmanager
def hostile_cluster() -> Iterator[Cluster]:
    """The daemons with the apps; see `hostile_framework` for the rest."""
    rack, host = words("attribute", ";:")[0], laden("host")[2]
    names = ";".join(f"{name}:{name}" for name in NAMES)
    with running_cluster() as cluster:
        cluster.add_master("--allocation_interval=200ms", f"--cluster={laden('cluster')[2]}")
        cluster.add_marathon("--mesos_user=root")
        cluster.add_agent(f"--attributes=rack:{rack};{rack}:{rack};{names}", f"--hostname={host}")
        odd = ";".join(f"{name}:{number}" for number, name in enumerate((*NAMES, "<img/src=x>"), 3))
        cluster.add_agent(f"--resources=cpus:4;mem:2048;{odd}", f"--hostname={laden('host')[0]}")
        cluster.leading_marathon()
        cluster.wait_agents(2)
        for app in hostile_apps():
            answer = cluster.post_app(app)
            assert answer.ok, answer.text
        yield cluster


@asynccontextmanager
async def hostile_framework(cluster: Cluster) -> AsyncIterator[LeanScheduler]:
    """A framework of a few lines whose every word is hostile, with its tasks under way."""
    launcher = Launcher(hostile_tasks())
    master = cluster.leading_master()
    async with LeanScheduler("127.0.0.1", master.port, launcher.hear, FRAMEWORK) as scheduler:
        launcher.scheduler = scheduler
        yield scheduler


def wait_finished(master_url: str, count: int) -> None:
    """Until that many tasks have ended with their messages."""

    def look() -> bool:
        tasks = requests.get(f"{master_url}/tasks?limit=1000", timeout=TIMEOUT).json()["tasks"]
        return len([task for task in tasks if task["state"] == "TASK_FINISHED"]) >= count

    wait_until(look, f"{count} tasks that finished", 30)
