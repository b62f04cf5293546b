"""Described, not scheduled: ``python examples/pipeline.py 127.0.0.1:5050 [STORE]``.

A web server on a free port; four visits to it, all on the first rack, each of which fails once and is tried again; then
a summary. With a STORE such as ``sqlite:///tmp/pipeline.db`` whoever runs it again after a crash carries on.
"""

import asyncio
import sys

from koinon_frameworks.matching import Constraint, Operator
from koinon_frameworks.workload import TaskPort, TaskSpec, Workload

VISIT = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read())"

TASKS = (
    TaskSpec(
        name="server",
        is_service=True,
        command="echo welcome > index.html && exec python3 -m http.server $PORT_HTTP",
        ports=(TaskPort(name="http"),),
    ),
    TaskSpec(
        name="visit",
        count=4,
        command=f"python3 -c '{VISIT}' http://$SERVER_ADDRESS/ && test $TASK_ATTEMPT -eq 2",
        constraints=(Constraint("rack", Operator.LIKE, "r(ack-)?1"),),
        depends_on=("server",),
    ),
    TaskSpec(name="summary", command="echo four visits", depends_on=("visit",)),
)

if __name__ == "__main__":
    master, store = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    report = asyncio.run(Workload("pipeline", TASKS).run(master, store=store, progress=print))
    print(report)
    sys.exit(0 if report.has_succeeded else 1)
