"""An executor on PyPI's pymesos, run by the interpreter of its own environment: any number of tasks, none of which does
anything by itself.

What its scheduler says is done to all: ``finish NAME`` ends that task, anything else is said back with the names of the
tasks. Each status carries the executor's pid, so that its scheduler sees that it is the same one.
"""

import os
import sys
import threading

from pymesos import Executor, MesosExecutorDriver, decode_data, encode_data


class Tasks(Executor):
    """What it runs."""

    def __init__(self):
        self.running = {}

    def registered(self, driver, executor_info, framework_info, agent_info):
        print("registered", executor_info["executor_id"]["value"], agent_info["id"]["value"], flush=True)

    def reregistered(self, driver, agent_info):
        print("registered again", agent_info["id"]["value"], flush=True)

    def launchTask(self, driver, task):
        name = task["task_id"]["value"]
        self.running[name] = task
        # On a thread of its own: pymesos reads its stream on this one.
        threading.Thread(target=self.tell, args=(driver, name, "TASK_RUNNING"), daemon=True).start()

    def killTask(self, driver, task_id):
        self.end(driver, task_id["value"], "TASK_KILLED")

    def frameworkMessage(self, driver, message):
        order, _, name = decode_data(message).decode().partition(" ")
        if order == "finish":
            self.end(driver, name, "TASK_FINISHED")
        else:
            self.say(driver, order + " " + " ".join(sorted(self.running)))

    def end(self, driver, name, state):
        if self.running.pop(name, None) is not None:
            self.tell(driver, name, state)

    def shutdown(self, driver):
        print("shut down", flush=True)
        for name in list(self.running):
            self.end(driver, name, "TASK_KILLED")

    def tell(self, driver, name, state):
        data = encode_data(str(os.getpid()).encode())
        driver.sendStatusUpdate({"task_id": {"value": name}, "state": state, "data": data})

    def say(self, driver, text):
        driver.sendFrameworkMessage(encode_data(text.encode()))


driver = MesosExecutorDriver(Tasks(), use_addict=False)
driver.run()
sys.exit(7)
