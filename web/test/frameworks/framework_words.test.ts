import assert from "node:assert/strict";
import test from "node:test";

import { failoverText, matchesFramework, teardownEffect } from "../../src/frameworks/framework_words";
import type { FrameworkRow } from "../../src/model/rows";

const row = (change: Partial<FrameworkRow> = {}): FrameworkRow => ({
  id: "m-0000",
  name: "marathon",
  state: "active",
  roles: ["eng/web"],
  suppressed: [],
  user: "root",
  hostname: "host-1",
  capabilities: [],
  registered: 0,
  failover_timeout: 3600,
  allocated: {},
  offered: {},
  tasks: { TASK_RUNNING: 3, TASK_FAILED: 5 },
  offers: {},
  ...change,
});

test("the failover timeout is told as what will happen, by what is now", () => {
  assert.match(failoverText(row()), /goes away, its 3 tasks run on for 1h/);
  assert.match(failoverText(row({ failover_timeout: 0 })), /killed at once/);
  assert.match(failoverText(row({ state: "disconnected" })), /not back 1h after it left/);
  assert.match(failoverText(row({ state: "completed" })), /has ended/);
});

test("a teardown's effect counts the tasks that are not over", () => {
  assert.match(teardownEffect(row()), /marathon ends for good.*All 3 tasks are killed/);
  assert.match(teardownEffect(row({ tasks: { TASK_FAILED: 1 } })), /no tasks/);
});

test("a search finds by id, name, role and host, every word of it", () => {
  assert.deepEqual(
    [true, true, true, false],
    ["", "MARA eng", "0000 host-1", "mara other"].map((text) => matchesFramework(row(), text)),
  );
});
