"""What is sent for an attempt: the task of a job's run, as the matcher wants it and as the agent gets it.

Beside the job's environment a command finds who it is: ``KOINON_JOB``, ``KOINON_RUN``, ``KOINON_SCHEDULED_FOR``,
``KOINON_ATTEMPT``, and ``HOST``; and the same under the names that Chronos gave it.
"""

from __future__ import annotations

import shlex

from attrs import evolve

from koinon_core.containers import CommandInfo, DurationInfo, Environment, EnvironmentVariable, Label, Labels
from koinon_core.ids import TaskId
from koinon_core.tasks import TaskInfo
from koinon_frameworks.matching import WantedTask

from .iso8601 import format_moment
from .job import Job
from .runs import Run
from .views import Progress

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def make_task_id(run: Run, progress: Progress) -> TaskId:
    """The one id of a run's next attempt. It names when the job was made: one made anew has other tasks."""
    return TaskId(f"{run.id}.{run.next_number}.{_short(round(progress.created * 1000))}")


def wanted_task(job: Job, run: Run, progress: Progress, role: str) -> WantedTask:
    """The next attempt of a run, for an offer to ``role``."""
    task_id = make_task_id(run, progress)
    return WantedTask(
        name=job.name,
        task_id=task_id,
        command=_command(job, run, task_id),
        container=job.container,
        labels=Labels(tuple(Label(key, value) for key, value in job.labels.items())) if job.labels else None,
        cpus=job.cpus,
        mem=job.mem,
        disk=job.disk,
        gpus=job.gpus,
        constraints=job.constraints,
        group=job.name,
        role=role,
        accepted_roles=frozenset({role, "*"}),
    )


def placed_task(job: Job, task: TaskInfo, hostname: str) -> TaskInfo:
    """The task with what the matcher does not tell it: where it is, and how long it may run; its agent sees to that."""
    if task.command is not None and "HOST" not in job.environment:
        known = task.command.environment.variables if task.command.environment is not None else ()
        environment = Environment((*known, EnvironmentVariable("HOST", value=hostname)))
        task = evolve(task, command=evolve(task.command, environment=environment))
    if job.max_run_time is None:
        return task
    return evolve(task, max_completion_time=DurationInfo.of_seconds(job.max_run_time))


def _command(job: Job, run: Run, task_id: TaskId) -> CommandInfo:
    extra = run.arguments
    value, arguments = job.command, job.arguments
    if extra is not None and job.shell and value is not None:
        value = " ".join((value, *map(shlex.quote, extra)))
    elif extra is not None:
        arguments = (*arguments[:1], *extra) if job.command is not None else extra
    return CommandInfo(
        uris=job.uris,
        environment=Environment.of({**_identity(job, run, task_id), **job.environment}),
        shell=job.shell and value is not None,
        value=value,
        arguments=arguments,
        user=job.user,
    )


def _identity(job: Job, run: Run, task_id: TaskId) -> dict[str, str]:
    number = run.next_number
    return {
        "KOINON_JOB": job.name,
        "KOINON_RUN": run.id,
        "KOINON_SCHEDULED_FOR": format_moment(run.scheduled_for),
        "KOINON_ATTEMPT": str(number),
        "mesos_task_id": task_id,
        "CHRONOS_JOB_NAME": job.name,
        "CHRONOS_JOB_OWNER": job.owner,
        "CHRONOS_JOB_RUN_TIME": str(round(run.scheduled_for * 1000)),
        "CHRONOS_JOB_RUN_ATTEMPT": str(number - 1),
        "CHRONOS_RESOURCE_CPU": f"{job.cpus:g}",
        "CHRONOS_RESOURCE_MEM": f"{job.mem:g}",
        "CHRONOS_RESOURCE_DISK": f"{job.disk:g}",
    }


def _short(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, len(_DIGITS))
        digits = _DIGITS[rest] + digits
    return digits or "0"
