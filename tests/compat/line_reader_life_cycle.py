"""A scheduler's life on PyPI's avmesos or mesoshttp, run by the interpreter of its own environment.

Usage: line_reader_life_cycle.py MODULE MASTER-URL. Both read their stream by lines and so see an event when the next
one comes: ``pump`` asks about a task that nobody knows, twice a second, and its answers push the others out.
"""

import importlib
import sys
import threading
import time

MesosClient = importlib.import_module(sys.argv[1] + ".client").MesosClient
NAME = sys.argv[1]
TASK = NAME + "-task"


class Life:
    """One scheduler process after another, as far as the master can tell."""

    def __init__(self, framework_id=None, launches=False):
        self.client = MesosClient([sys.argv[2]], frameworkId=framework_id, frameworkName=NAME, frameworkUser="root")
        self.client.verify = False
        self.client.set_failover_timeout(60)
        self.client.on(MesosClient.SUBSCRIBED, self.on_subscribed)
        self.client.on(MesosClient.OFFERS, self.on_offers)
        self.client.on(MesosClient.UPDATE, self.on_update)
        self.launches = launches
        self.driver = None
        self.agent_id = None
        self.states = []
        self.is_over = False
        threading.Thread(target=self.client.register, daemon=True).start()
        threading.Thread(target=self.pump, daemon=True).start()

    def on_subscribed(self, driver):
        print("subscribed", driver.frameworkId, flush=True)
        self.driver = driver

    def on_offers(self, offers):
        for offer in offers:
            if self.launches:
                self.launches = False
                self.agent_id = offer.get_offer()["agent_id"]["value"]
                offer.accept([make_task(offer.get_offer())])
            else:
                offer.decline({"filters": {"refuse_seconds": 1}})

    def on_update(self, update):
        status = update["status"]
        if status["task_id"]["value"] == TASK:
            print(status["state"], status.get("reason", ""), flush=True)
            self.states.append((status["state"], status.get("reason")))

    def pump(self):
        while not self.is_over:
            time.sleep(0.5)
            if self.driver is not None:
                self.driver.reconcile([{"task_id": {"value": "nobody-knows"}}])

    def wait(self, state, reason=None):
        until = time.monotonic() + 40
        while not any(seen == state and reason in (None, why) for seen, why in self.states):
            if time.monotonic() > until:
                sys.exit(f"{state} {reason} did not come, {self.states} did")
            time.sleep(0.05)

    def leave(self):
        self.is_over = True
        self.client.disconnect_framework()


def make_task(offer):
    return {
        "name": TASK,
        "task_id": {"value": TASK},
        "agent_id": {"value": offer["agent_id"]["value"]},
        "command": {"value": "sleep 1000"},
        "resources": [
            {"name": "cpus", "type": "SCALAR", "scalar": {"value": 0.1}},
            {"name": "mem", "type": "SCALAR", "scalar": {"value": 32}},
        ],
    }


first = Life(launches=True)
first.wait("TASK_RUNNING")
first.leave()
second = Life(framework_id=first.client.frameworkId)
while second.driver is None:
    time.sleep(0.05)
second.driver.reconcile([{"task_id": {"value": TASK}}])
second.wait("TASK_RUNNING", "REASON_RECONCILIATION")
second.driver.kill(first.agent_id, TASK)
second.wait("TASK_KILLED")
second.is_over = True
second.driver.tearDown()
print("torn down", second.client.frameworkId, flush=True)
