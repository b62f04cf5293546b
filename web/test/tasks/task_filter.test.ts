import assert from "node:assert/strict";
import test from "node:test";

import type { FrameworkRow, TaskRow } from "../../src/model/rows";
import { chooseTasks, stateChips } from "../../src/tasks/task_filter";

const row = (id: string, change: Partial<TaskRow> = {}): TaskRow => ({
  id,
  name: id,
  framework: "F1",
  agent: "A1",
  host: "host-1",
  role: "*",
  state: "TASK_RUNNING",
  resources: {},
  ports: [],
  began: 0,
  since: 0,
  ...change,
});
const everything = { text: "", state: "", framework: "", agent: "" };
const frameworks = new Map([["F1", { name: "Marathon" } as FrameworkRow]]);
const rows = [
  row("web.1"),
  row("web.2", { state: "TASK_STAGING", host: "other" }),
  row("job", { framework: "F2", agent: "A2", state: "TASK_STAGING" }),
];
const ids = (change: Partial<typeof everything>) =>
  chooseTasks(rows, { ...everything, ...change }, frameworks).rows.map((one) => one.id);

test("every word must be found, each wherever it likes", () => {
  assert.deepEqual(["web.2"], ids({ text: "OTHER web" }));
  assert.deepEqual(["web.1", "web.2"], ids({ text: "marathon" }));
  assert.deepEqual(["job"], ids({ text: "f2" }));
  assert.deepEqual([], ids({ text: "web nothing" }));
});

test("filters are told by id, and go together", () => {
  assert.deepEqual(["job"], ids({ framework: "F2" }));
  assert.deepEqual(["web.2"], ids({ agent: "A1", state: "TASK_STAGING" }));
});

test("counts by state are of what the other filters leave", () => {
  const chosen = chooseTasks(rows, { ...everything, state: "TASK_RUNNING", framework: "F1" }, frameworks);

  assert.equal(1, chosen.rows.length);
  assert.deepEqual({ TASK_RUNNING: 1, TASK_STAGING: 1 }, Object.fromEntries(chosen.states));
});

test("states stand in the order of a life, a chosen one though nothing has it", () => {
  const states = new Map([
    ["TASK_ODD", 1],
    ["TASK_FAILED", 2],
    ["TASK_STAGING", 3],
  ]);

  assert.deepEqual(
    ["TASK_STAGING", "TASK_KILLING", "TASK_FAILED", "TASK_ODD"],
    stateChips(states, "TASK_KILLING").map((chip) => chip.state),
  );
});
