"""People who deploy: clients that create, scale, upgrade, undo, kill and delete through any Marathon, whatever dies
meanwhile, and remember of each app and pod what it may be now and how many starts its changes account for.

An answer of 2xx is a promise. No answer leaves both open; most clients then ask again until they are told. Every task
leaves a line in a file of its own each time it truly starts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import requests
from attrs import define, evolve, field, frozen

from support.cluster import Cluster

SLEEP = ("sleep", "86400")
"""What every task becomes once it has left its mark."""
PATIENCE = 60.0
"""Seconds for which a client asks again and again."""
_TIMEOUT = 20.0
_GIVES_UP = 0.2
"""The share of those who leave it at one try without an answer."""
_PAUSE = (0.05, 0.4)


@frozen
class Wanted:
    """A definition as far as it differs; another `text` or `label` restarts."""

    instances: int
    text: str
    label: str

    def starts_after(self, old: Wanted | None) -> int:
        """How many instances it takes to come from there to here."""
        is_same = old is not None and (old.text, old.label) == (self.text, self.label)
        return max(0, self.instances - old.instances) if old is not None and is_same else self.instances


@define(eq=False)
class Subject:
    """One app or pod. `possible` is what may be its definition now, None for none; one element is certainty."""

    path: str
    kind: str = "app"
    needs: str | None = None
    possible: set[Wanted | None] = field(factory=lambda: {None})
    starts: int = 0
    """How many starts of instances all changes together account for."""
    undo: tuple[str, Wanted | None] | None = None
    """The deployment of the last change, and what its undoing brings back."""

    def expect(self, new: Wanted | None) -> None:
        """Account for the starts that a change to this may cost."""
        if new is not None:
            self.starts += max(new.starts_after(old) for old in self.possible)


def make_body(subject: Subject, wanted: Wanted, marks: Path) -> dict[str, Any]:
    """The definition as it is sent."""
    mark = f'echo "$MARATHON_APP_ID $TEXT" >> {marks}/$MESOS_TASK_ID; exec {" ".join(SLEEP)}'
    if subject.kind == "pod":
        container = {"exec": {"command": {"shell": mark}}, "resources": {"cpus": 0.02, "mem": 16}}
        return {
            "id": subject.path,
            "labels": {"label": wanted.label},
            "environment": {"TEXT": wanted.text},
            "containers": [{"name": name, **container} for name in ("one", "two")],
            "scaling": {"kind": "fixed", "instances": wanted.instances},
        }
    body = {
        "id": subject.path,
        "cmd": mark,
        "cpus": 0.02,
        "mem": 16,
        "instances": wanted.instances,
        "env": {"TEXT": wanted.text},
        "labels": {"label": wanted.label},
        "backoffSeconds": 0,
        "dependencies": [subject.needs] if subject.needs else [],
    }
    if subject.kind == "resident":
        volume = {"containerPath": "data", "mode": "RW", "persistent": {"size": 16}}
        body |= {"role": subject.path.split("/")[1], "container": {"type": "MESOS", "volumes": [volume]}}
    return body


@define
class Told:
    """How often it went how."""

    acknowledged: int = 0
    unanswered: int = 0
    """Given up without an answer: may or may not have happened."""
    asked_again: int = 0
    refused: list[str] = field(factory=list)
    """Answers that nobody with such a request should get."""


@frozen
class _Reply:
    answer: requests.Response | None
    is_first: bool
    """Whether no earlier try was left without an answer."""

    @property
    def is_promise(self) -> bool:
        return self.answer is not None and self.answer.ok

    def deployment(self) -> str | None:
        """The deployment's id, where this can be undone: a second try changes nothing and gets another's id."""
        if self.answer is None or not self.is_first:
            return None
        try:
            return str(self.answer.json()["deploymentId"])
        except (ValueError, KeyError, TypeError):
            return self.answer.headers.get("Marathon-Deployment-Id")


class Client(threading.Thread):
    """One of them: alone with its apps and pods, one change after the other."""

    def __init__(self, cluster: Cluster, name: str, marks: Path, rng: Random) -> None:
        super().__init__(name=name, daemon=True)
        self.told = Told()
        self.failure: BaseException | None = None
        self.is_over = threading.Event()
        self.members = (Subject(f"/{name}/shop/db"), Subject(f"/{name}/shop/web", needs=f"/{name}/shop/db"))
        self.alone = (Subject(f"/{name}/app"), Subject(f"/{name}/pod", "pod"), Subject(f"/{name}/resident", "resident"))
        self._cluster = cluster
        self._marks = marks
        self._rng = rng
        self._count = 0

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """All that it may change."""
        return (*self.members, *self.alone)

    def body(self, subject: Subject, wanted: Wanted) -> dict[str, Any]:
        """What it sends for this."""
        return make_body(subject, wanted, self._marks)

    def run(self) -> None:
        """Change things until `is_over` is set."""
        try:
            while not self.is_over.wait(self._rng.uniform(*_PAUSE)):
                self._work()
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that asks for the verdict
            self.failure = error

    def put(self, subject: Subject, wanted: Wanted) -> None:
        """Bring one app or pod to this; it is made where there is none."""
        is_pod, old = subject.kind == "pod", next(iter(subject.possible))
        is_known = len(subject.possible) == 1 and old is not None
        body = self.body(subject, wanted)
        if old is not None and not is_pod and is_known and wanted == evolve(old, instances=wanted.instances):
            body = {"instances": wanted.instances}
        if is_pod and not is_known:
            self._clear(subject)
            self._change({subject: wanted}, "POST", "/v2/pods", body)
        elif subject.possible == {None}:
            self._change({subject: wanted}, "POST", "/v2/apps", body)
        else:
            self._change({subject: wanted}, "PUT", f"/v2/{'pods' if is_pod else 'apps'}{subject.path}", body)

    # What people do

    def _work(self) -> None:
        subject = self._rng.choice(self.alone)
        deeds: list[tuple[int, Callable[[], None]]] = [
            (3, lambda: self.put(subject, self._other(subject, scales=True))),
            (4, lambda: self.put(subject, self._other(subject, scales=False))),
            (1, lambda: self._remove(subject)),
            (2, self._put_group),
            (1, self._remove_group),
            (2, lambda: self._undo(subject)),
            (1, lambda: self._kill(subject)),
        ]
        (deed,) = self._rng.choices([deed for _, deed in deeds], [weight for weight, _ in deeds])
        deed()

    def _other(self, subject: Subject, *, scales: bool) -> Wanted:
        self._count += 1
        old = next(iter(subject.possible))
        instances = self._rng.randint(1, 3)
        if old is None:
            return Wanted(instances, f"text-{self._count}", "first")
        if scales:
            return evolve(old, instances=instances)
        if self._rng.random() < 0.3:
            return evolve(old, label=f"label-{self._count}")
        return evolve(old, text=f"text-{self._count}")

    def _put_group(self) -> None:
        wanted = {subject: self._other(subject, scales=self._rng.random() < 0.3) for subject in self.members}
        group = f"/{self.name}/shop"
        body = {"id": group, "apps": [self.body(one, new) for one, new in wanted.items()]}
        self._change(dict(wanted), "PUT", f"/v2/groups{group}", body)

    def _remove_group(self) -> None:
        self._change(dict.fromkeys(self.members), "DELETE", f"/v2/groups/{self.name}/shop")

    def _remove(self, subject: Subject) -> None:
        self._change({subject: None}, "DELETE", f"/v2/{'pods' if subject.kind == 'pod' else 'apps'}{subject.path}")

    def _clear(self, subject: Subject) -> None:
        while subject.possible != {None}:
            self._remove(subject)

    def _undo(self, subject: Subject) -> None:
        if subject.undo is None:
            return
        (deployment, before), subject.undo = subject.undo, None
        subject.expect(before)
        reply = self._ask("DELETE", f"/v2/deployments/{deployment}")
        if reply.is_promise:
            subject.possible = {before}
        elif reply.answer is None or not reply.is_first:
            subject.possible.add(before)
        elif reply.answer.status_code != requests.codes.not_found:
            self._complain("undo", subject.path, reply.answer)

    def _kill(self, subject: Subject) -> None:
        if subject.kind == "pod" or None in subject.possible:
            return

        def expect() -> None:
            subject.starts += max(one.instances for one in subject.possible if one is not None)

        expect()
        self._ask("DELETE", f"/v2/apps{subject.path}/tasks", again=expect)

    # Asking

    def _change(
        self, wanted: Mapping[Subject, Wanted | None], method: str, path: str, body: dict[str, Any] | None = None
    ) -> None:
        before = {subject: set(subject.possible) for subject in wanted}
        for subject, new in wanted.items():
            subject.expect(new)
            subject.possible.add(new)
            subject.undo = None
        reply = self._ask(method, path, body)
        answer = reply.answer
        if answer is None:
            return
        is_gone = method == "DELETE" and answer.status_code == requests.codes.not_found
        is_there = method == "POST" and "already exists" in answer.text
        if answer.ok or is_gone or (is_there and not reply.is_first):
            for subject, new in wanted.items():
                subject.possible = {new}
                deployment, old = reply.deployment(), before[subject]
                if answer.ok and deployment and len(old) == 1 and len(wanted) == 1 and not is_there:
                    subject.undo = deployment, old.pop()
        else:
            self._complain(method, path, answer)

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, again: Callable[[], None] | None = None
    ) -> _Reply:
        """Ask any Marathon, again and again; force what is locked. `again` is called where it may happen twice."""
        is_first, force = True, self._rng.random() < 0.3
        deadline = time.monotonic() + (0.0 if self._rng.random() < _GIVES_UP else PATIENCE)
        while True:
            url = self._rng.choice(self._cluster.marathons).url
            query = {"force": "true"} if force and "deployments" not in path else {}
            try:
                answer = requests.request(method, f"{url}{path}", json=body, params=query, timeout=_TIMEOUT)
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code < 500 and "locked" not in answer.text:
                self.told.acknowledged += answer.ok
                return _Reply(answer, is_first)
            is_locked = answer is not None and answer.status_code < 500
            force = force or is_locked
            is_first = is_first and is_locked
            if not is_locked and time.monotonic() > deadline:
                self.told.unanswered += 1
                return _Reply(None, False)
            self.told.asked_again += 1
            if again is not None and not is_locked:
                again()
            time.sleep(0.1)

    def _complain(self, what: str, path: str, answer: requests.Response) -> None:
        self.told.refused.append(f"{what} {path}: {answer.status_code} {answer.text[:300]}")
