import assert from "node:assert/strict";
import { test } from "node:test";

import type { AppRow, ClusterRow } from "../../src/model/rows";
import { countersOf } from "../../src/shell/counters";

const cluster = {
  agents: { active: 3, unreachable: 1, disconnected: 1 },
  frameworks: { active: 2, completed: 9 },
  tasks: { TASK_RUNNING: 5, TASK_FINISHED: 70 },
} as unknown as ClusterRow;

test("tasks that ended and frameworks that are completed are not counted", () => {
  const counters = countersOf(cluster, undefined, undefined);

  assert.deepEqual({ count: 5 }, counters["tasks"]);
  assert.deepEqual({ count: 2 }, counters["frameworks"]);
});

test("agents out of reach and apps that wait raise an alarm", () => {
  const apps = [{ status: "Running" }, { status: "Waiting" }] as AppRow[];
  const counters = countersOf(cluster, apps, 0);

  assert.deepEqual({ count: 5, alarm: { count: 2, what: "out of reach" } }, counters["agents"]);
  assert.deepEqual({ count: 2, alarm: { count: 1, what: "waiting" } }, counters["apps"]);
});

test("a screen of which nothing is known has no counter", () => {
  assert.deepEqual({}, countersOf(undefined, undefined, undefined));
});
