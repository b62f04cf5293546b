"""A scheduler on PyPI's pymesos whose tasks all run in one executor of its own, whatever that one is written in.

Usage: pymesos_executors_life.py MASTER-URL EXECUTOR-COMMAND WAIT-STATUS. It prints what comes, and twice waits for
SIGUSR1: at ``ready to lose the agent``, so that the agent can be killed and started again, and when all is ``idle``.
"""

import signal
import sys
import threading
import time

from pymesos import MesosSchedulerDriver, Scheduler, decode_data, encode_data

EXECUTOR = {"value": "many"}


class Life(Scheduler):
    """Everything that came, in order."""

    def __init__(self):
        self.wanted = []
        self.agent_id = None
        self.came = []
        self.pids = set()
        framework = {"user": "root", "name": "executors", "checkpoint": True, "failover_timeout": 60}
        self.driver = MesosSchedulerDriver(self, framework, sys.argv[1], use_addict=False)
        self.thread = threading.Thread(target=self.driver.run, daemon=True)

    def resourceOffers(self, driver, offers):
        for offer in offers:
            self.agent_id = offer["agent_id"]
            tasks, self.wanted = [make_task(name, offer["agent_id"]) for name in self.wanted], []
            if tasks:
                driver.launchTasks(offer["id"], tasks)
            else:
                driver.declineOffer(offer["id"], {"refuse_seconds": 0.2})

    def statusUpdate(self, driver, update):
        self.pids.add(decode_data(update.get("data", "")))
        assert update["container_status"]["network_infos"][0]["ip_addresses"], update
        self.note(update["task_id"]["value"] + " " + update["state"])

    def frameworkMessage(self, driver, executor_id, agent_id, message):
        self.note("message " + decode_data(message).decode())

    def executorLost(self, driver, executor_id, agent_id, status):
        self.note("executor {} ended {}".format(executor_id["value"], status))

    def error(self, driver, message):
        self.note("error " + message)

    def note(self, what):
        print(what, flush=True)
        self.came.append(what)

    def wait(self, *wanted):
        until = time.monotonic() + 30
        while not set(wanted) <= set(self.came):
            if time.monotonic() > until:
                sys.exit(f"{wanted} did not come, {self.came} did")
            time.sleep(0.02)

    def say(self, text):
        self.driver.sendFrameworkMessage(EXECUTOR, self.agent_id, encode_data(text.encode()))


def make_task(name, agent_id):
    return {
        "name": name,
        "task_id": {"value": name},
        "agent_id": agent_id,
        "executor": {"executor_id": EXECUTOR, "command": {"value": sys.argv[2]}, "resources": amounts(0.5, 64)},
        "resources": amounts(0.5, 128),
    }


def amounts(cpus, mem):
    return [
        {"name": "cpus", "type": "SCALAR", "scalar": {"value": cpus}},
        {"name": "mem", "type": "SCALAR", "scalar": {"value": mem}},
    ]


def wait_signal(what):
    until = time.monotonic() + 60
    print(what, flush=True)
    while not signals:
        if time.monotonic() > until:
            sys.exit("no signal at " + what)
        time.sleep(0.02)
    signals.clear()


signals = []
signal.signal(signal.SIGUSR1, lambda *_: signals.append(1))
life = Life()
life.wanted = ["a", "b", "c"]
life.thread.start()
life.wait("a TASK_RUNNING", "b TASK_RUNNING", "c TASK_RUNNING")
life.say("hello")
life.wait("message hello a b c")
life.driver.killTask({"value": "b"})
life.wait("b TASK_KILLED")
wait_signal("ready to lose the agent")
while "message hello a c" not in life.came:
    # Messages are best effort: some are lost until agent and executor have found each other.
    life.say("hello")
    time.sleep(0.1)
life.say("finish a")
life.wait("a TASK_FINISHED")
life.say("finish c")
life.wait("c TASK_FINISHED")
wait_signal("idle")
life.wanted = ["d"]
life.driver.reviveOffers()
life.wait("d TASK_RUNNING")
assert len(life.pids) == 1, life.pids
life.driver._send(
    {
        "type": "SHUTDOWN",
        "framework_id": {"value": life.driver.framework_id},
        "shutdown": {"executor_id": EXECUTOR, "agent_id": life.agent_id},
    }
)
life.wait("d TASK_KILLED", f"executor many ended {sys.argv[3]}")
life.driver.stop()
life.thread.join(20)
print("done", flush=True)
