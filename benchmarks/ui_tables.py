"""What do the web UI's tables cost the master's loop, against encoding all their rows alone?

Measured on the real source over a real master's memory, in milliseconds of this process (CPU), the best of several:
first: nobody has read yet, in the slices in which it comes, the longest of them, and all. Still: nothing changed but
the number of events. One: one task changed. Hundredth: so many did, each on another agent. Starving: roles are looked
at while that many frameworks want offers and have none. Point: one point of the use over time.

    ./dev bench ui_tables [AGENTS] [TASKS] [FRAMEWORKS]
"""

import sys
import time
from collections.abc import Callable

import orjson
from attrs import evolve

from benchmarks.state import best, fill
from fakes.master_bench import MasterBench, make_framework
from fakes.ui_bench import UiBench
from koinon_master.ui.source import NAMES

SLICES = 20


def timed(run: Callable[[], object]) -> float:
    """Milliseconds of one run."""
    begin = time.process_time()
    run()
    return (time.process_time() - begin) * 1000


def main() -> None:
    """Print a line for each question."""
    agents, tasks, starving = (int(one) for one in (*sys.argv[1:], *("1000", "10000", "20")[len(sys.argv) - 1 :]))
    bench = MasterBench()
    framework_ids = [bench.add_framework(make_framework(f"f{number}", f"role-{number}")) for number in range(3)]
    running = fill(bench.master.state, framework_ids, agents, tasks)
    names = [name for name in NAMES if name != "roles"]
    ui = UiBench(bench)

    def refresh() -> None:
        ui.source.refresh(names, None)

    def change(count: int) -> None:
        for task in running[:: max(1, len(running) // count)][:count]:
            task.note(evolve(task.statuses[-1], timestamp=(task.statuses[-1].timestamp or 0) + 1))

    slices = [timed(refresh) for _ in range(SLICES)]
    rows = [orjson.loads(row) for table in ui.tables(*names).values() for _, row in table.since(None).put]
    alone = best(lambda: [orjson.dumps(row) for row in rows])
    first = [one for one in slices if one > 2 * slices[-1]]
    print(f"{agents} agents, {tasks} tasks, {len(rows)} rows; orjson alone {alone:.1f} ms")
    print(f"first     {sum(first):7.1f}, the longest of {len(first)} slices {max(slices):.1f}")
    print(f"still     {best(refresh):7.2f}")
    print(f"one       {best(refresh, lambda: change(1)):7.2f}")
    bench.master.check = lambda *_: None  # type: ignore[method-assign]  # tasks were not launched by offers
    print(f"hundredth {best(refresh, lambda: change(len(running) // 100)):7.2f}")
    for number in range(starving):
        bench.add_framework(make_framework(f"s{number}", f"starving-{number}"))

    def later() -> None:
        bench.now += 2

    print(f"roles     {best(lambda: ui.tables('roles'), later):7.2f}, {starving} starve")
    print(f"point     {best(ui.source.take_point):7.2f}")


if __name__ == "__main__":
    main()
