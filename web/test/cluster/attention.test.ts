import assert from "node:assert/strict";
import { test } from "node:test";

import { attention, type Observed, STUCK_SECONDS } from "../../src/cluster/attention";
import { countsOf } from "../../src/cluster/counts";
import { usageLines } from "../../src/cluster/usage_series";
import type { UsageRow } from "../../src/model/rows";

const NOTHING: Observed = { apps: [], agents: [], roles: [], deployments: [], frameworks: [], now: 1000 };

function look(changes: object): string[] {
  return attention({ ...NOTHING, ...changes } as Observed).map((each) => `${each.name} ${each.text}`);
}

test("a cluster in order needs nobody", () => {
  const apps = [{ id: "/web", status: "Running", unhealthy: 0 }];
  const agents = [{ id: "S1", state: "active" }];

  assert.deepEqual([], look({ apps, agents, roles: [{ role: "x" }], frameworks: [{ state: "active" }] }));
});

test("an app that waits is told with its reason, and a sick one with how many are", () => {
  const apps = [
    { id: "/a", status: "Waiting", why: "no agent has 4 cpus", unhealthy: 0 },
    { id: "/b", status: "Running", unhealthy: 2, instances: 3 },
  ];

  assert.deepEqual(["/a no agent has 4 cpus", "/b 2 of 3 instances are unhealthy"], look({ apps }));
});

test("a deployment is told once it is under way for long, with what it waits for", () => {
  const one = { id: "d", apps: ["/a"], steps: [1, 2], step: 1, why: ["1 is not ready"], began: 1000 - STUCK_SECONDS };

  assert.deepEqual(["/a deploys since 5m, step 1 of 2: 1 is not ready"], look({ deployments: [one] }));
  assert.deepEqual([], look({ deployments: [{ ...one, began: one.began + 1 }] }));
});

test("a role that starves is told with the first reason, and how many more there are", () => {
  const starves = [{ reason: "quota is used up" }, { reason: "b" }, { reason: "c" }];

  assert.deepEqual(
    ["role x gets nothing: quota is used up, and 2 more reasons"],
    look({ roles: [{ role: "x", starves }] }),
  );
});

test("few agents of a state are told one by one, many as one that leads to them", () => {
  const draining = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ id: `S${at}`, hostname: `h${at}`, state: "draining", tasks: 2 }));

  assert.deepEqual(["h0 is being drained, tasks left: 2"], look({ agents: draining(1) }));
  assert.deepEqual(["4 agents in this state, with 8 tasks"], look({ agents: draining(4) }));
  assert.equal("/ui/agents?state=draining", attention({ ...NOTHING, agents: draining(4) } as never)[0]?.href);
});

test("what is broken comes before what is on its way", () => {
  const agents = [
    { id: "S1", hostname: "h1", state: "draining", tasks: 0 },
    { id: "S2", hostname: "h2", state: "disconnected", why: "its link is broken" },
  ];

  assert.equal("h2 its link is broken", look({ agents })[0]);
});

test("counts have no zeros, and what is well comes first", () => {
  const counts = { TASK_FAILED: 1, TASK_LOST: 0, TASK_RUNNING: 2 };

  assert.deepEqual(
    ["TASK_RUNNING", "TASK_FAILED"],
    countsOf(counts).map((each) => each.state),
  );
});

test("lines have the points of the span in order, and gaps where nobody measured", () => {
  const row = (at: number, used: object) =>
    ({ at, total: { cpus: 4 }, allocated: { cpus: 1 }, offered: {}, used }) as UsageRow;
  const lines = usageLines([row(990, {}), row(980, { cpus: 0.5 }), row(100, {})], "cpus", 60, 1000);

  assert.deepEqual([980, 990], lines.times);
  assert.deepEqual([0.5, null], lines.used);
  assert.deepEqual([0, 0], lines.offered);
});
