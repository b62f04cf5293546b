"""A scheduler's life on PyPI's pymesos: launch, update, reconcile, failover with the same id, kill, teardown."""

import sys
import threading
import time

from pymesos import MesosSchedulerDriver, Scheduler

TASK = "pymesos-task"


class Life(Scheduler):
    """One scheduler process after another, as far as the master can tell."""

    def __init__(self, framework_id=None, launches=False):
        framework = {"user": "root", "name": "pymesos", "failover_timeout": 60, "checkpoint": True}
        if framework_id is not None:
            framework["id"] = {"value": framework_id}
        self.framework_id = None
        self.agent_id = None
        self.launches = launches
        self.states = []
        self.driver = MesosSchedulerDriver(self, framework, sys.argv[1], use_addict=False)
        self.thread = threading.Thread(target=self.driver.run, daemon=True)
        self.thread.start()

    def registered(self, driver, framework_id, master_info):
        print("registered", framework_id["value"], flush=True)
        self.framework_id = framework_id["value"]

    def reregistered(self, driver, master_info):
        self.framework_id = driver.framework_id
        print("registered", self.framework_id, flush=True)

    def resourceOffers(self, driver, offers):
        for offer in offers:
            if self.launches:
                self.launches = False
                self.agent_id = offer["agent_id"]["value"]
                driver.launchTasks(offer["id"], [self.make_task()])
            else:
                driver.declineOffer(offer["id"])

    def make_task(self):
        return {
            "name": TASK,
            "task_id": {"value": TASK},
            "agent_id": {"value": self.agent_id},
            "command": {"value": "sleep 1000"},
            "resources": [
                {"name": "cpus", "type": "SCALAR", "scalar": {"value": 0.1}},
                {"name": "mem", "type": "SCALAR", "scalar": {"value": 32}},
            ],
        }

    def statusUpdate(self, driver, update):
        print(update["state"], update.get("reason", ""), flush=True)
        self.states.append((update["state"], update.get("reason")))

    def error(self, driver, message):
        print("error", message, flush=True)

    def wait(self, state, reason=None):
        until = time.monotonic() + 40
        while not any(seen == state and reason in (None, why) for seen, why in self.states):
            if time.monotonic() > until:
                sys.exit(f"{state} {reason} did not come, {self.states} did")
            time.sleep(0.05)


first = Life(launches=True)
first.wait("TASK_RUNNING")
first.driver.stop(failover=True)
second = Life(framework_id=first.framework_id)
while second.framework_id is None:
    time.sleep(0.05)
second.driver.reviveOffers()
second.driver.suppressOffers()
second.driver.reconcileTasks([{"task_id": {"value": TASK}}])
second.wait("TASK_RUNNING", "REASON_RECONCILIATION")
second.driver.killTask({"value": TASK})
second.wait("TASK_KILLED")
second.driver.stop()
second.thread.join(20)
print("torn down", second.framework_id, flush=True)
