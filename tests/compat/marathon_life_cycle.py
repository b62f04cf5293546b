"""PyPI's marathon client, run by the interpreter of its own environment: the life of an app, from create to delete."""

import sys
import time

from marathon.models import MarathonApp

from marathon import MarathonClient


def wait(look):
    """The first true value of ``look`` within a minute."""
    for _ in range(600):
        seen = look()
        if seen:
            return seen
        time.sleep(0.1)
    raise SystemExit("nothing came of it")


client = MarathonClient(sys.argv[1])
print("ping", client.ping())
print("info", client.get_info().version)
app = client.create_app("from-pypi", MarathonApp(cmd="sleep 1000", cpus=0.1, mem=16, instances=1))
print("created", app.id)
tasks = wait(lambda: [task for task in client.list_tasks("from-pypi") if task.started_at])
print("task", tasks[0].app_id, tasks[0].host)
print("listed", [each.id for each in client.list_apps()])
client.scale_app("from-pypi", instances=2)
wait(lambda: len([task for task in client.list_tasks("from-pypi") if task.started_at]) == 2)
print("deployments", wait(lambda: [] == client.list_deployments()))
print("scaled", client.get_app("from-pypi").instances)
print("queue", client.list_queue())
client.delete_app("from-pypi")
wait(lambda: "/from-pypi" not in [each.id for each in client.list_apps()])
wait(lambda: not client.list_deployments())
print("deleted")
