"""PyPI's chronos-python, run by the interpreter of its own environment: everything it can do.

It takes an answer without a body for success at 204 alone, and reads every other one as JSON first.
"""

import json
import sys

import chronos

client = chronos.connect(sys.argv[1])
older = chronos.connect(sys.argv[1], scheduler_api_version=None)


def begin():
    """Post, list, search, change, run."""
    client.add({"name": "fetch", "command": "echo fetch", "owner": "me@example.com", "disabled": False,
                "schedule": "R/2026-01-01T01:00:00Z/PT1H", "epsilon": "PT15M", "async": False})  # fmt: skip
    client.add({"name": "load", "command": "echo load", "owner": "", "disabled": False, "parents": ["fetch"]})
    container = {"type": "DOCKER", "image": "koinon/busybox", "network": "BRIDGE"}
    older.add({"name": "old", "command": "sleep 1000", "owner": "", "disabled": False, "async": True,
               "schedule": "R1//PT1H", "container": container})  # fmt: skip
    older.update({"name": "old", "command": "sleep 2000", "owner": "", "disabled": False, "async": True,
                  "schedule": "R1/2027-01-01T00:00:00Z/PT1H", "container": container})  # fmt: skip
    print("listed", sorted(job["name"] for job in client.list()))
    print("found", [job["name"] for job in client.search(name="LOA")], client.search(command="2000")[0]["container"])
    client.run("fetch")
    client.run("old")


def end():
    """Counters, statistics, graph, kill, delete; and what is refused."""
    jobs = {job["name"]: job for job in client.list()}
    print("counted", [(name, jobs[name]["successCount"], jobs[name]["errorCount"]) for name in sorted(jobs)])
    print("stat", client.job_stat("fetch")["taskStatHistory"][0]["status"], client.job_stat("fetch")["histogram"])
    print("graph", client.scheduler_graph().split())
    print("median", [each["jobNameLabel"] for each in client.scheduler_stat_median() if each["time"] > 0])
    for ask in (client.scheduler_stat_99th, client.scheduler_stat_98th, client.scheduler_stat_95th):
        assert "time" in ask()[0]
    client.delete_tasks("old")
    for name in ("load", "fetch"):
        client.delete(name)
    for attempt in (lambda: client.delete("fetch"), lambda: client.run("nothing"), add_wrong):
        try:
            attempt()
        except chronos.ChronosAPIError as error:
            print("refused", error)


def add_wrong():
    """A schedule that is none."""
    client.add({"name": "wrong", "command": "x", "owner": "", "disabled": False, "schedule": "every day"})


{"begin": begin, "end": end}[sys.argv[2]]()
print(json.dumps({"left": [job["name"] for job in client.list()]}))
