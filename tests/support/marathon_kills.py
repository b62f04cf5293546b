"""Kill, freeze and cut off the leading Marathon again and again while people deploy, and see what it cost them."""

from __future__ import annotations

import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import psutil
import requests
from attrs import define, field, frozen

from support.cluster import SESSION_TIMEOUT, Cluster, Daemon
from support.deployment_load import SLEEP, Client, Subject, Wanted
from support.event_reader import EventReader
from support.processes import Child
from support.waiting import wait_until

CALM_SECONDS = (0.2, 1.5)
"""Between a takeover and the next fault: the moment within a deployment is left to chance."""
LOST_LEADERSHIP = 103
_SETTLES = 120.0
_LOOK_EVERY = 0.3
_ASK_EVERY = 0.05


@frozen(kw_only=True)
class Takeover:
    """Seconds from the fault on until another leader has stored a change, and until a task of that change runs."""

    fault: str
    stored: float
    running: float


@define
class Verdict:
    """What became of everything; all lists are empty if all is well."""

    acknowledged: int = 0
    asked_again: int = 0
    unanswered: int = 0
    started: int = 0
    """Tasks that truly started."""
    terms: int = 0
    lost: list[str] = field(factory=list)
    """Apps and pods that are not as their clients were promised."""
    miscounted: list[str] = field(factory=list)
    """Too few or too many instances, or ones of an old definition."""
    doubled: list[str] = field(factory=list)
    """Tasks that started twice, and instances with two tasks."""
    restarted: list[str] = field(factory=list)
    """Instances that started though nothing that was asked for accounts for it."""
    strays: list[str] = field(factory=list)
    """Tasks that only Marathon, only the master or only the machine knows."""
    refused: list[str] = field(factory=list)
    odd: list[str] = field(factory=list)
    """What else should not be: exit codes, deployments without end, holes in the event stream."""

    @property
    def complaints(self) -> dict[str, list[str]]:
        """All that is not well."""
        names = ("lost", "miscounted", "doubled", "restarted", "strays", "refused", "odd")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


class Deploying:
    """A cluster under a load of deployments, and the one who harms it."""

    def __init__(self, cluster: Cluster, rng: Random, clients: int, zookeeper: Child | None = None) -> None:
        """`zookeeper` is the only server's process, to be suspended."""
        self.cluster = cluster
        self.takeovers: list[Takeover] = []
        self.verdict = Verdict()
        self._rng = rng
        self._zookeeper = zookeeper
        self._marks = cluster.folder / "marks"
        self._marks.mkdir()
        self._steady = Client(cluster, "steady", self._marks, Random(rng.random()))
        self._prober = Client(cluster, "probe", self._marks, Random(rng.random()))
        self._clients = [Client(cluster, f"client-{n}", self._marks, Random(rng.random())) for n in range(clients)]
        self._reader = EventReader(cluster, Random(rng.random()))
        self._count = 0

    @property
    def subjects(self) -> list[Subject]:
        """Everything that anybody deployed."""
        return [subject for client in (*self._clients, self._steady, self._prober) for subject in client.subjects]

    def begin(self) -> None:
        """Deploy what is never to be touched, wait until it runs, and let the clients loose."""
        for subject in self._steady.subjects:
            self._steady.put(subject, Wanted(2, "steady", "steady"))
        wait_until(lambda: self._is_settled(self._steady.subjects), "what is never touched", 60.0)
        self._reader.begin()
        for client in self._clients:
            client.start()

    def harm(self, faults: Iterable[str]) -> None:
        """Do these, one after the other: `kill`, `freeze`, `both`, `freeze-master`, `master`, `zookeeper`."""
        deeds: dict[str, Callable[[], None]] = {
            "kill": self.kill,
            "freeze": self.freeze,
            "both": self.kill_both,
            "freeze-master": self.freeze_and_kill_master,
            "master": self.kill_master,
            "zookeeper": self.suspend_zookeeper,
        }
        for fault in faults:
            self._revive()
            self.cluster.leading_marathon()
            for daemon in self.cluster.marathons:
                daemon.process.wait_port(daemon.port)
            time.sleep(self._rng.uniform(*CALM_SECONDS))
            deeds[fault]()

    # Faults

    def kill(self) -> None:
        """kill -9 of the leader, which is started again at once."""
        leader = self.cluster.leading_marathon()
        begun = time.time()
        leader.kill()
        self._measure("kill", begun, self._others(leader))

    def kill_both(self) -> None:
        """kill -9 of all Marathons at once, which are started again at once."""
        begun = time.time()
        for daemon in self.cluster.marathons:
            daemon.process.send(signal.SIGKILL)
        for daemon in self.cluster.marathons:
            daemon.kill()
            daemon.start()
        self._measure("both", begun, self.cluster.marathons)

    def freeze(self) -> None:
        """The leader stands still for longer than its session lasts; what it does when it goes on must not count."""
        leader = self.cluster.leading_marathon()
        begun = time.time()
        leader.process.suspend()
        self._measure("freeze", begun, self._others(leader))
        time.sleep(max(0.0, begun + SESSION_TIMEOUT + self._rng.uniform(0.3, 1.5) - time.time()))
        leader.process.resume()
        code = leader.process.wait_exit(20.0)
        if code != LOST_LEADERSHIP:
            self.verdict.odd.append(f"{leader.name} ended with {code} after it was frozen")
        leader.start()

    def freeze_and_kill_master(self) -> None:
        """The leader stands still, and is cut off from a master that forgets it: it must not push its successor out."""
        leader = self.cluster.leading_marathon()
        master = self.cluster.leading_master()
        begun = time.time()
        leader.process.suspend()
        self._measure("freeze", begun, self._others(leader))
        master.kill()
        master.start()
        self.cluster.leading_master()
        time.sleep(self._rng.uniform(1.0, 3.0))
        leader.process.resume()
        code = leader.process.wait_exit(20.0)
        if code != LOST_LEADERSHIP:
            self.verdict.odd.append(f"{leader.name} ended with {code} after it was frozen")
        time.sleep(1.0)
        ended = [daemon.name for daemon in self._others(leader) if not daemon.process.is_running]
        self.verdict.odd += [f"{name} was pushed out by {leader.name}, which had been frozen" for name in ended]

    def kill_master(self) -> None:
        """kill -9 of the leading master, which is started again at once."""
        leader = self.cluster.leading_master()
        begun = time.time()
        leader.kill()
        leader.start()
        self._measure("master", begun, self.cluster.marathons)

    def suspend_zookeeper(self, seconds: float = 6.0) -> None:
        """Nobody can store anything for so long, and every session ends."""
        if self._zookeeper is None:
            raise ValueError("there is no ZooKeeper to suspend")
        begun = time.time()
        self._zookeeper.suspend()
        time.sleep(seconds)
        self._zookeeper.resume()
        self._measure("zookeeper", begun + seconds, self.cluster.marathons)

    def _others(self, leader: Daemon) -> list[Daemon]:
        return [daemon for daemon in self.cluster.marathons if daemon is not leader]

    def _revive(self) -> None:
        """What a supervisor does: start again whatever has ended."""
        for daemon in (*self.cluster.masters, *self.cluster.marathons):
            if not daemon.process.is_running:
                daemon.start()

    def _measure(self, fault: str, begun: float, marathons: list[Daemon]) -> None:
        """Change an app until somebody has stored it, then wait for its task."""
        subject = self._prober.alone[0]
        self._count += 1
        wanted = Wanted(1, f"text-{self._count}", "probe")
        before = set(self._marks.iterdir())
        subject.expect(wanted)
        subject.possible.add(wanted)

        def stored() -> float | None:
            self._revive()
            time.sleep(_ASK_EVERY)
            body = self._prober.body(subject, wanted)
            with suppress(requests.RequestException):
                url = self._rng.choice(marathons).url
                if requests.put(f"{url}/v2/apps{subject.path}", json=body, params={"force": "true"}, timeout=10).ok:
                    return time.time()
            return None

        def running() -> float | None:
            line, marks = f"{subject.path} {wanted.text}\n", set(self._marks.iterdir()) - before
            return next((mark.stat().st_mtime for mark in marks if line in mark.read_text()), None)

        stored_at = wait_until(stored, f"a leader after {fault}", 60.0)
        subject.possible = {wanted}
        running_at = wait_until(running, f"a task after {fault}", 60.0)
        self.takeovers.append(Takeover(fault=fault, stored=stored_at - begun, running=running_at - begun))

    # The end

    def end(self) -> Verdict:
        """Let the clients finish, let all settle, and judge. Raises what ended a client."""
        self._revive()
        for client in self._clients:
            client.is_over.set()
        for client in self._clients:
            client.join(90.0)
            if client.failure is not None:
                raise client.failure
        try:
            wait_until(lambda: self._is_settled(self.subjects), "a settled cluster", _SETTLES)
        except TimeoutError:
            self.verdict.odd.append(f"not settled after {_SETTLES:g} s")
        self._judge()
        self._reader.end()
        return self.verdict

    def _is_settled(self, subjects: Iterable[Subject]) -> bool:
        """Whether nothing is deployed and all is there; asks no more often than it must not to be in the way."""
        time.sleep(_LOOK_EVERY)
        with suppress(requests.RequestException, ValueError):
            return self._get("/v2/deployments") == [] and not any(map(self._count_instances, subjects))
        return False

    def _get(self, path: str) -> Any:
        answer = requests.get(f"{self.cluster.any_marathon().url}{path}", timeout=10)
        if answer.status_code == requests.codes.not_found:
            return None
        answer.raise_for_status()
        return answer.json()

    def _judge(self) -> None:
        verdict, told = self.verdict, [client.told for client in (*self._clients, self._steady)]
        verdict.acknowledged = sum(one.acknowledged for one in told)
        verdict.asked_again = sum(one.asked_again for one in told)
        verdict.unanswered = sum(one.unanswered for one in told)
        verdict.refused += [each for one in told for each in one.refused]
        verdict.terms = len(self._reader.terms)
        verdict.odd += self._reader.faults()
        verdict.odd += [f"unfinished: {each['id']} {each['currentActions']}" for each in self._get("/v2/deployments")]
        for subject in self.subjects:
            verdict.lost += self._compare(subject)
            verdict.miscounted += self._count_instances(subject)
        self._judge_starts()
        self._judge_tasks()

    def _compare(self, subject: Subject) -> list[str]:
        """Whether its definition is one of those that it may be."""
        found = self._definition(subject)
        return [] if found in subject.possible else [f"{subject.path} is {found}, expected {subject.possible}"]

    def _definition(self, subject: Subject) -> Wanted | None:
        if subject.kind == "pod":
            pod = self._get(f"/v2/pods{subject.path}")
            if pod is None:
                return None
            return Wanted(pod["scaling"]["instances"], pod["environment"]["TEXT"], pod["labels"]["label"])
        found = self._get(f"/v2/apps{subject.path}")
        if found is None:
            return None
        app = found["app"]
        return Wanted(app["instances"], app["env"]["TEXT"], app["labels"]["label"])

    def _count_instances(self, subject: Subject) -> list[str]:
        """Whether as many instances as wanted run, all of the present definition."""
        wanted = self._definition(subject)
        texts = [self._read_mark(task_id)[1] for task_id in self._task_ids(subject)]
        count = 0 if wanted is None else wanted.instances * (2 if subject.kind == "pod" else 1)
        if wanted is None and not texts:
            return []
        is_right = wanted is not None and texts == [wanted.text] * count
        return [] if is_right else [f"{subject.path} runs {texts}, wanted {wanted}"]

    def _read_mark(self, task_id: str) -> tuple[str, str, int]:
        """The path and the text that a task started with, empty for one that has not come so far, and how often."""
        mark = self._marks / task_id
        lines = mark.read_text().splitlines() if mark.exists() else []
        path, text = lines[0].split() if lines else ("", "")
        return path, text, len(lines)

    def _task_ids(self, subject: Subject) -> list[str]:
        """Its running tasks, as Marathon tells them."""
        if subject.kind == "pod":
            status = self._get(f"/v2/pods{subject.path}::status") or {"instances": ()}
            containers = [one for instance in status["instances"] for one in instance.get("containers", ())]
            return [one["containerId"] for one in containers if one["status"] == "TASK_RUNNING"]
        tasks = (self._get(f"/v2/apps{subject.path}/tasks") or {"tasks": ()})["tasks"]
        return [task["id"] for task in tasks if task["state"] == "TASK_RUNNING"]

    def _judge_starts(self) -> None:
        """Hold the marks of all tasks that ever started against what was asked for."""
        starts: Counter[str] = Counter()
        for mark in self._marks.iterdir():
            path, _, count = self._read_mark(mark.name)
            self.verdict.started += count
            if count > 1:
                self.verdict.doubled.append(f"{mark.name} started {count} times")
            starts[path] += ".two." not in mark.name
        for subject in self.subjects:
            if starts[subject.path] > subject.starts:
                self.verdict.restarted.append(
                    f"{subject.path} started {starts[subject.path]} instances, its changes account for {subject.starts}"
                )

    def _judge_tasks(self) -> None:
        """Marathon, the master and the machine must know the same tasks, and of each instance one."""
        ours = {task_id for subject in self.subjects for task_id in self._task_ids(subject)}
        (framework,) = self.cluster.leading_master().get("/state")["frameworks"]
        masters = {task["id"] for task in framework["tasks"] if task["state"] == "TASK_RUNNING"}
        machines = find_tasks(self.cluster.folder)
        for name, known in (("master", masters), ("machine", machines)):
            self.verdict.strays += [f"{task_id} is unknown to the {name}" for task_id in ours - known]
            self.verdict.strays += [f"{task_id} is known to the {name} alone" for task_id in known - ours]
        parts: dict[str, set[str]] = defaultdict(set)
        for task_id in machines:
            instance, _, rest = task_id.partition("._app")
            parts[task_id if not rest else instance].add(task_id)
        self.verdict.doubled += [
            f"{instance} has {sorted(tasks)}" for instance, tasks in parts.items() if len(tasks) > 1
        ]


def find_tasks(folder: Path) -> set[str]:
    """The ids of all tasks of the load whose processes run beneath a folder."""
    found = set()
    for process in psutil.process_iter(["cmdline", "cwd"]):
        if process.info["cmdline"] == list(SLEEP) and str(process.info["cwd"]).startswith(str(folder)):
            with suppress(psutil.Error):
                found.add(process.environ()["MESOS_TASK_ID"])
    return found
