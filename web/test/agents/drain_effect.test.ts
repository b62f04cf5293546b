import assert from "node:assert/strict";
import { test } from "node:test";

import { hasRoom, ownersOf, ownerWords } from "../../src/agents/drain_effect";
import type { AgentRow, FrameworkRow, InstanceRow, TaskRow } from "../../src/model/rows";

const agent = (id: string, cpus: number, state = "active") =>
  ({ id, state, total: { cpus: 4, mem: 1024 }, allocated: { cpus } }) as unknown as AgentRow;
const task = (id: string, cpus: number, changes: object = {}) =>
  ({ id, framework: "f1", agent: "S1", state: "TASK_RUNNING", resources: { cpus }, ...changes }) as unknown as TaskRow;
const agents = new Map(
  ["S1", "S2", "S3", "S4"].map((id, at) => [id, agent(id, [0, 3, 1, 0][at] ?? 0, id === "S4" ? "drained" : "active")]),
);
const frameworks = new Map([["f1", { name: "spark" } as FrameworkRow]]);
const instances = [{ app: "/web", tasks: ["t1", "t2"] }] as unknown as InstanceRow[];

test("live tasks of the agent are told by app, or by framework where they are of none", () => {
  const tasks = [
    task("t1", 1),
    task("t2", 2),
    task("t3", 1),
    task("t4", 1, { state: "TASK_FINISHED" }),
    task("t5", 1, { agent: "S2" }),
  ];
  const owners = ownersOf("S1", tasks, agents, frameworks, instances);

  assert.deepEqual(
    [
      ["/web", true, 2],
      ["spark", false, 1],
    ],
    owners.map((each) => [each.name, each.isApp, each.tasks]),
  );
});

test("room is counted on other active agents, for the largest of the owner's tasks", () => {
  const [owner] = ownersOf("S1", [task("t1", 1), task("t2", 2)], agents, frameworks, instances);

  assert.deepEqual({ cpus: 2 }, owner?.largest);
  assert.equal(1, owner?.roomOn);
});

test("what fits exactly fits, in spite of what floating point makes of it", () => {
  assert.ok(hasRoom(agent("S9", 3.9), { cpus: 0.1 }));
  assert.ok(!hasRoom(agent("S9", 3.9), { cpus: 0.2 }));
  assert.ok(!hasRoom(agent("S9", 0), { gpus: 1 }));
});

test("an owner without room anywhere is told so", () => {
  const [owner] = ownersOf("S1", [task("t1", 4)], agents, frameworks, []);

  assert.ok(owner !== undefined);
  assert.equal("1 task of spark: no other agent has room for 4 cpus", ownerWords(owner));
});
