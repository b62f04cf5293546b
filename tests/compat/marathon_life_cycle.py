"""PyPI's marathon client, run by the interpreter of its own environment: everything it can do, from create to abdicate.

Its models raise on every key and every event type that they do not know. It is given a standby's address.
"""

import sys
import threading
import time

from marathon.exceptions import ConflictError, InternalServerError, NotFoundError
from marathon.models import MarathonApp, MarathonGroup, MarathonHealthCheck
from marathon.models.constraint import MarathonConstraint
from marathon.models.events import MarathonApiPostEvent, MarathonDeploymentInfo

from marathon import MarathonClient

client = MarathonClient(sys.argv[1])
heard = {"all": [], "posts": [], "failed": []}


def wait(look):
    """The first true value of ``look`` within half a minute."""
    for _ in range(600):
        seen = look()
        if seen:
            return seen
        time.sleep(0.05)
    raise SystemExit("nothing came of it")


def answers(look):
    """What it sees, or nothing while nobody leads."""
    try:
        return look()
    except InternalServerError:
        return None


def settle():
    """Until no deployment is under way."""
    wait(lambda: not client.list_deployments())


def listen(name, **chosen):
    """Hear events until the process ends; one that the models refuse is remembered."""

    def run():
        try:
            for event in MarathonClient(sys.argv[1]).event_stream(**chosen):
                heard[name].append(event)
        except Exception as error:  # noqa: BLE001
            heard["failed"].append(error)

    threading.Thread(target=run, daemon=True).start()
    wait(lambda: heard[name])


def of_type(kind):
    """The events heard of one class."""
    return [event for event in heard["all"] if isinstance(event, kind)]


def drive_an_app():
    """Create, look, change, roll back, restart, kill."""
    check = MarathonHealthCheck(protocol="COMMAND", command="true", interval_seconds=1, delay_seconds=0)
    app = MarathonApp(cmd="sleep 1000", cpus=0.1, mem=16, instances=1, health_checks=[check], labels={"tier": "web"})
    created = client.create_app("from-pypi", app)
    print("created", created.id)
    try:
        client.create_app("from-pypi", MarathonApp(cmd="sleep 1"))
    except ConflictError as error:
        print("conflict", error.error_message)
    first = wait(lambda: [task for task in client.list_tasks("from-pypi") if task.started_at])[0]
    settle()
    version = client.get_app("from-pypi").version
    client.scale_app("from-pypi", instances=2)
    print("deployments", [each.affected_apps for each in client.list_deployments()])
    wait(lambda: len([task for task in client.list_tasks("from-pypi") if task.started_at]) == 2)
    settle()
    print("scaled", client.get_app("from-pypi").instances)
    embeds = {
        f"embed_{each}": True for each in ("tasks", "counts", "deployments", "readiness", "task_stats", "failures")
    }
    shown = client.list_apps(cmd="SLEEP", app_id="pypi", label="tier==web", **embeds)
    print("listed", [(each.id, each.tasks_running, len(each.tasks)) for each in shown])
    client.update_app("from-pypi", MarathonApp(labels={"tier": "db"}), force=True)
    settle()
    client.rollback_app("from-pypi", version, force=True)
    settle()
    rolled = client.get_app("from-pypi", **embeds)
    print("rolled back", rolled.labels, rolled.instances, len(client.list_versions("from-pypi")))
    client.restart_app("from-pypi")
    settle()
    print("restarted", first.id not in [task.id for task in client.list_tasks("from-pypi")])
    task = client.list_tasks("from-pypi")[0]
    print("killed", client.kill_task("from-pypi", task.id).id == task.id)
    wait(lambda: [each for each in client.list_tasks() if each.started_at and each.id != task.id])
    settle()


def drive_groups():
    """A group with a dependency, scaled and removed."""
    db = MarathonApp(id="db", cmd="sleep 1000", cpus=0.1, mem=16, instances=1)
    web = MarathonApp(id="web", cmd="sleep 1000", cpus=0.1, mem=16, instances=1, dependencies=["/shop/db"])
    client.create_group(MarathonGroup(id="/shop", apps=[db, web]))
    settle()
    group = client.get_group("shop")
    print("group", group.id, sorted(app.id for app in group.apps), [each.id for each in client.list_groups()])
    client.update_group("shop", MarathonGroup(apps=[db]), force=True)
    settle()
    client.rollback_group("shop", group.version, force=True)
    settle()
    print("group back", sorted(app.id for app in client.get_group("shop").apps))
    client.scale_group("shop", 2)
    settle()
    print("group scaled", client.get_app("shop/db").instances)
    client.delete_group("shop", force=True)
    settle()
    try:
        client.get_group("shop")
    except NotFoundError as error:
        print("group gone", error.error_message)


def wait_in_vain():
    """An app that no agent can take: the queue, and the end of its deployment."""
    nowhere = MarathonConstraint("hostname", "LIKE", "nowhere")
    client.create_app("waits", MarathonApp(cmd="sleep 1", cpus=0.1, mem=16, constraints=[nowhere]))
    waiting = wait(
        lambda: [each for each in client.list_queue(embed_last_unused_offers=True) if each.last_unused_offers]
    )
    print("queue", [(each.app.id, each.count, each.delay.overdue) for each in waiting])
    client.reset_delay("waits")
    (deployment,) = client.list_deployments()
    print("cancelled", client.delete_deployment(deployment.id, force=True))
    client.delete_app("waits", force=True)
    settle()


def ask_about_marathon():
    """What is not about apps."""
    info = client.get_info()
    print("info", info.name, info.version, info.elected, client.get_leader()["leader"] == info.leader)
    print("ping", client.ping(), "metrics", client.get_metrics()["version"], client.list_event_subscriptions())


listen("all")
listen("posts", event_types=[MarathonApiPostEvent, "event_stream_attached"])
ask_about_marathon()
drive_an_app()
wait_in_vain()
drive_groups()
client.delete_app("from-pypi")
settle()
wait(lambda: any(event.event_type == "app_terminated_event" for event in heard["all"]))
plans = {event.plan.id: (event.plan.original.id, event.plan.target.id) for event in of_type(MarathonDeploymentInfo)}
print("plans", set(plans.values()), len(plans) > 5)
print("posts", sorted({event.app_definition["id"] for event in heard["posts"][1:]}))
print("heard", *sorted({event.event_type for event in heard["all"]}))
print("refused events", heard["failed"])
former = client.get_leader()["leader"]
print(client.delete_leader()["message"])
wait(lambda: answers(lambda: client.get_leader()["leader"]) not in (None, former))
print("next leader", wait(lambda: answers(lambda: client.get_info().elected)), client.list_apps())
