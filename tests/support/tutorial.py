"""Plays a page of documentation as its reader would: files written and changed, commands run, output looked for.

The word behind a block's language says what it is; readers don't see it.

    sh          run it; ``until``: again and again until it says what the page shows; ``up``: in another terminal,
                until the end; ``setup`` and ``elsewhere``: not here
    text        what the block before it says: these lines in this order, ``...`` is anything
    python FILE a file; ``part of FILE``: stands in it; ``edit FILE``: what is above ``---`` becomes what is below
"""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from attrs import evolve, frozen

from support.processes import Child
from support.waiting import wait_until

_BLOCK = re.compile(r"^```(\w+) ?(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
_ANYTHING = re.compile(r" ?\.\.\. ?")
_SECONDS = 60.0


@frozen
class Step:
    """One block, and what it is to say."""

    kind: str
    about: str
    body: str
    says: tuple[str, ...] = ()


def read_steps(markdown: str) -> list[Step]:
    """All blocks in their order; those of language ``text`` belong to the one before."""
    steps: list[Step] = []
    for language, about, body in _BLOCK.findall(markdown):
        if language == "text":
            steps[-1] = evolve(steps[-1], says=tuple(body.splitlines()))
        else:
            steps.append(Step(language, about, body))
    return steps


def find_missing(says: tuple[str, ...], output: str) -> str | None:
    """The first line of ``says`` that is not to be found in the output behind those before it."""
    lines = iter([_squeeze(line) for line in output.splitlines()])
    for wanted in says:
        pattern = re.compile(".*".join(map(re.escape, _ANYTHING.split(_squeeze(wanted)))))
        if not any(pattern.search(line) for line in lines):
            return wanted
    return None


def _squeeze(line: str) -> str:
    return " ".join(line.split())


class Reader:
    """Somebody who follows the page in an empty folder. ``words`` replaces the page's addresses by our own."""

    def __init__(self, folder: Path, env: Mapping[str, str], words: Mapping[str, str]) -> None:
        self._place, self._logs = folder, folder.with_name("logs")
        self._env, self._words = dict(env), dict(words)
        self._others: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for child in reversed(self._others):
            child.send(signal.SIGINT)
            try:
                child.wait_exit()
            finally:
                child.kill()

    def follow(self, step: Step) -> None:
        """Do what a block says. Raises AssertionError where it says something else than the page."""
        ours = evolve(step, body=self._put(step.body), says=tuple(map(self._put, step.says)))
        kind, _, about = ours.about.rpartition(" ")
        match (step.kind, kind or about):
            case ("sh", "setup" | "elsewhere"):
                return
            case ("sh", "up"):
                self._start(ours)
            case ("sh", "until"):
                self._wait(ours)
            case ("sh", ""):
                output = self._run(ours)
                assert None is find_missing(ours.says, output), output
            case ("python", "part of"):
                assert ours.body in (self._place / about).read_text(), f"{about} has no such part:\n{ours.body}"
            case ("python", "edit"):
                self._edit(self._place / about, *ours.body.split("---\n"))
            case ("python", file) if file == about:
                (self._place / about).write_text(ours.body)
            case _:
                raise AssertionError(f"what is {step.kind} {step.about!r}?")

    def _put(self, text: str) -> str:
        for theirs, our in self._words.items():
            text = text.replace(theirs, our)
        return text

    def _run(self, step: Step, *, is_checked: bool = True) -> str:
        where = self._place / ".where"
        command = f"{step.body}\npwd > {where}"
        shell = ["bash", "-e", "-o", "pipefail", "-c", command] if is_checked else ["bash", "-c", command]
        done = subprocess.run(
            shell, cwd=self._place, env=self._env, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
        output = done.stdout + done.stderr
        assert 0 == done.returncode or not is_checked, f"{step.body}ended with {done.returncode}:\n{output}"
        self._place = Path(where.read_text().strip())
        where.unlink()
        return output

    def _wait(self, step: Step) -> None:
        seen = ""

        def look() -> bool:
            nonlocal seen
            seen = self._run(step, is_checked=False)
            return find_missing(step.says, seen) is None

        try:
            wait_until(look, step.body, _SECONDS)
        except TimeoutError as error:
            missing = find_missing(step.says, seen)
            raise AssertionError(f"{error}: {missing!r} is missing in\n{seen}") from None

    def _start(self, step: Step) -> None:
        self._logs.mkdir(exist_ok=True)
        log = self._logs / f"{len(self._others)}.log"
        child = Child(["bash", "-c", f"exec {step.body}"], log, self._env)
        self._others.append(child)
        wait_until(lambda: find_missing(step.says, child.output) is None or not child.is_running, step.body, _SECONDS)
        assert None is find_missing(step.says, child.output), child.output

    @staticmethod
    def _edit(file: Path, old: str, new: str) -> None:
        text = file.read_text()
        assert 1 == text.count(old), f"{file.name} has this {text.count(old)} times:\n{old}"
        file.write_text(text.replace(old, new))
