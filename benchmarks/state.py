"""How long do `/state` and its kin of many tasks hold up the master's loop, against orjson alone on the same document?

Measured on the real views over a real master's memory. Cold: nothing was kept yet, as after a change of the leader.
Warm: nothing changed since. Changed: a hundredth of the tasks did, each on another agent if there are as many. Churned:
so many ended, and as many began. Times are of this process alone (CPU), the best of several rounds.

    ./dev bench state [AGENTS] [TASKS]
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import orjson
import psutil
from attrs import evolve

from fakes.master_bench import MasterBench, make_framework, make_task
from koinon_core.agents import AgentInfo
from koinon_core.containers import ContainerInfo, ContainerStatus, ContainerType, DockerInfo, IpAddress, NetworkInfo
from koinon_core.ids import AgentId, FrameworkId, Uuid
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import TaskState, TaskStatus
from koinon_master import views
from koinon_master.agents.machine import AgentPhase
from koinon_master.entities import Agent, Task
from koinon_master.state import ClusterState

ROUNDS = 20
RESOURCES = parse_resources("cpus:64;mem:262144;disk:1000000;ports:[31000-32000]")
STATUS = ContainerStatus(network_infos=(NetworkInfo(ip_addresses=(IpAddress(ip_address="10.1.2.3"),)),))
DOCUMENTS: dict[str, Callable[[ClusterState], Any]] = {
    "/state": views.show_state,
    "/slaves": views.show_agents,
    "/state-summary": views.show_summary,
    "GET_STATE": views.answer_state,
    "GET_TASKS": views.answer_tasks,
}


def fill(state: ClusterState, framework_ids: list[FrameworkId], agents: int, tasks: int) -> list[Task]:
    """Agents with running Docker tasks; returns the tasks."""
    for number in range(agents):
        agent_id = AgentId(f"bench-S{number}")
        info = AgentInfo(hostname=f"host-{number}.example", resources=RESOURCES, id=agent_id)
        state.agents[agent_id] = Agent(
            id=agent_id, info=info, phase=AgentPhase.CONNECTED, ip="10.0.0.1", version="1.11.0"
        )
    members = list(state.agents.values())
    return [
        start(state, framework_ids[number % len(framework_ids)], members[number % agents], number)
        for number in range(tasks)
    ]


def start(state: ClusterState, framework_id: FrameworkId, agent: Agent, number: int) -> Task:
    """Enter one task and let it run."""
    framework, port = state.frameworks[framework_id], 31000 + number % 1000
    role = framework.info.roles[0]
    info = make_task(f"shop_web.instance-{number:012}._app.1", agent.id, f"cpus:0.5;mem:128;ports:[{port}-{port}]")
    container = ContainerInfo(type=ContainerType.DOCKER, docker=DockerInfo(image="registry.example/shop/web:1.2.3"))
    marked = evolve(info, resources=info.resources.allocated_to(role), container=container)
    task = Task(framework_id=framework_id, info=marked, role=role)
    framework.tasks[task.id] = task
    framework.agent_ids.add(agent.id)
    agent.tasks[task.key] = task
    for reached in (TaskState.TASK_STARTING, TaskState.TASK_RUNNING):
        task.note(
            TaskStatus(
                task_id=task.id,
                state=reached,
                timestamp=1.7e9 + number,
                agent_id=agent.id,
                uuid=Uuid(b"0123456789abcdef"),
                container_status=STATUS,
            )
        )
    return task


def churn(state: ClusterState, running: list[Task], number: int) -> None:
    """End a hundredth of the tasks, the oldest first, and start as many in their places."""
    for index, ended in enumerate(running[: len(running) // 100]):
        framework, agent = state.frameworks[ended.framework_id], state.agents[ended.agent_id]
        ended.note(evolve(ended.statuses[-1], state=TaskState.TASK_FINISHED))
        del framework.tasks[ended.id], agent.tasks[ended.key]
        framework.completed_tasks.append(ended)
        running.append(start(state, framework.id, agent, number + index))
    del running[: len(running) // 101]


def _encode(show: Callable[[ClusterState], Any], bench: MasterBench) -> bytes:
    return orjson.dumps(show(bench.master.state))


def best(run: Callable[[], object], before: Callable[[], object] = lambda: None, rounds: int = ROUNDS) -> float:
    """The least milliseconds of several runs."""
    least = float("inf")
    for _ in range(rounds):
        before()
        begin = time.process_time()
        run()
        least = min(least, (time.process_time() - begin) * 1000)
    return least


def main() -> None:
    """Print a line for each document."""
    agents, tasks = (int(one) for one in (*sys.argv[1:], "1000", "10000")[:2])
    bench = MasterBench()
    framework_ids = [bench.add_framework(make_framework(f"f{number}", f"role-{number}")) for number in range(3)]
    running = fill(bench.master.state, framework_ids, agents, tasks)

    numbers = count(tasks, tasks)

    def change() -> None:
        for task in running[::101]:
            task.note(evolve(task.statuses[-1], timestamp=(task.statuses[-1].timestamp or 0) + 1))

    print(f"{agents} agents, {tasks} tasks; milliseconds")
    for name, show in DOCUMENTS.items():
        memory = psutil.Process().memory_info().rss
        encode = partial(_encode, show, bench)
        cold = best(encode, rounds=1)
        held = (psutil.Process().memory_info().rss - memory) / 1e6
        warm = best(encode)
        changed = best(encode, change)
        churned = best(encode, lambda: churn(bench.master.state, running, next(numbers)))
        body = encode()
        document = orjson.loads(body)
        alone = best(partial(orjson.dumps, document))
        print(
            f"{name:15} {len(body) / 1e6:6.1f} MB  orjson alone {alone:7.2f}  cold {cold:8.1f} (+{held:.0f} MB)"
            f"  warm {warm:6.2f} = {warm / alone:5.2f}x  changed {changed:7.2f} = {changed / alone:5.2f}x"
            f"  churned {churned:7.2f} = {churned / alone:5.2f}x"
        )


if __name__ == "__main__":
    main()
