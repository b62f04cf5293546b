"""A scheduler on PyPI's pymesos, run by the interpreter of its own environment: ten command tasks, found through zk://."""

import sys

from addict import Dict
from pymesos import MesosSchedulerDriver, Scheduler


class TenTasks(Scheduler):
    """Launches ten tasks, prints each that finishes, and stops after the last."""

    def __init__(self):
        self.launched = 0
        self.finished = set()

    def registered(self, driver, framework_id, master_info):
        print("registered", framework_id["value"], flush=True)

    def resourceOffers(self, driver, offers):
        for offer in offers:
            cpus = sum(item["scalar"]["value"] for item in offer["resources"] if item["name"] == "cpus")
            tasks = []
            while self.launched < 10 and cpus >= 0.1:
                tasks.append(self.make_task(offer))
                self.launched += 1
                cpus -= 0.1
            if tasks:
                driver.launchTasks(offer["id"], tasks)
            else:
                driver.declineOffer(offer["id"])

    def make_task(self, offer):
        task = Dict()
        task.task_id.value = f"task-{self.launched}"
        task.name = f"task-{self.launched}"
        task.agent_id.value = offer["agent_id"]["value"]
        task.command.value = "echo hello"
        task.resources = [
            {"name": "cpus", "type": "SCALAR", "scalar": {"value": 0.1}},
            {"name": "mem", "type": "SCALAR", "scalar": {"value": 16}},
        ]
        return task

    def statusUpdate(self, driver, update):
        print(update["task_id"]["value"], update["state"], flush=True)
        if update["state"] == "TASK_FINISHED":
            self.finished.add(update["task_id"]["value"])
        if len(self.finished) == 10:
            driver.stop()

    def error(self, driver, message):
        print("error", message, flush=True)
        driver.stop()


framework = {"user": "root", "name": "ten tasks by pymesos"}
driver = MesosSchedulerDriver(TenTasks(), framework, sys.argv[1], use_addict=False)
driver.run()
