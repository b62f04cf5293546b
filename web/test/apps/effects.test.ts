import assert from "node:assert/strict";
import { test } from "node:test";

import {
  destroyEffect,
  killEffect,
  landings,
  lockedBy,
  planEffects,
  restartEffect,
  scaleEffect,
  isOld,
} from "../../src/apps/effects";

const APP = { instances: 4, resources: { cpus: 0.5, mem: 256 } };

test("scaling says how many start or stop, and what they take", () => {
  assert.equal("Starts 2 instances, which take 1 cpu, 512 MiB mem; 6 in all.", scaleEffect(APP, 6));
  assert.equal("Starts 1 instance, which takes 0.5 cpus, 256 MiB mem; 5 in all.", scaleEffect(APP, 5));
  assert.equal("Stops 3 of 4 instances; 1 stays.", scaleEffect(APP, 1));
  assert.equal("It has 4 instances already: nothing changes.", scaleEffect(APP, 4));
  assert.match(scaleEffect(APP, 0), /^Stops all 4 instances\. .*Resume brings 4 instances back/);
});

test("a restart says how many stay up, by the app's own strategy", () => {
  const strategy = { minimumHealthCapacity: 0.6, maximumOverCapacity: 0.3 };

  assert.match(restartEffect(APP, strategy), /at least 3 stay up meanwhile, at most 5 run at once/);
  assert.match(restartEffect(APP), /at least 4 stay up meanwhile, at most 8 run/);
  assert.match(restartEffect({ ...APP, instances: 0 }), /nothing is replaced/);
});

test("killing says whether others start, and what is lost", () => {
  assert.match(killEffect(APP, 2, false, false), /^Kills 2 instances\. 2 others start in their place\.$/);
  assert.match(killEffect(APP, 1, true, false), /shrinks from 4 to 3/);
  assert.match(killEffect(APP, 1, false, true), /persistent volumes is deleted/);
  assert.match(destroyEffect(APP), /^Stops 4 instances\..*all its versions are deleted/);
});

const EMPTY = { steps: [], changes: [], conflicts: [], placement: [] };

test("a plan is told by what becomes of instances", () => {
  const steps = [
    {
      actions: [
        { action: "RestartApplication", app: "/b" },
        { action: "RestartPod", pod: "/p" },
      ],
    },
  ];
  const plan = {
    ...EMPTY,
    steps,
    changes: [
      { id: "/a", action: "create" as const, fields: [{ path: "/instances", to: 2 }] },
      {
        id: "/b",
        action: "change" as const,
        fields: [
          { path: "/cmd", from: "x", to: "y" },
          { path: "/instances", from: 4, to: 6 },
        ],
      },
      { id: "/c", action: "change" as const, fields: [{ path: "/instances", from: 3, to: 1 }] },
      { id: "/d", action: "change" as const, fields: [{ path: "/labels/a", to: "b" }] },
      { id: "/e", action: "remove" as const, fields: [] },
      { id: "/p", action: "change" as const, fields: [{ path: "/containers(0)/image", to: "b" }] },
    ],
  };

  assert.deepEqual(
    [
      "creates /a and starts 2 instances",
      "restarts 4 instances of /b and starts 2 instances",
      "stops 2 instances of /c",
      "changes /d; no instance is touched",
      "deletes /e and stops its instances",
      "restarts 5 instances of /p",
    ],
    planEffects(plan, () => 5),
  );
  assert.deepEqual(
    ["nothing would change"],
    planEffects(EMPTY, () => 0),
  );
});

test("places are told with the most frequent reason of what finds none", () => {
  const refusals = ["not enough cpus", "not enough mem", "not enough cpus"].map((why) => ({
    hostname: "h",
    explanation: [why],
  }));
  const placement = [{ id: "/a", wanted: 3, placed: 1, agents: [{ hostname: "one", instances: 1 }], refusals }];

  assert.deepEqual(
    ["/a: 1 of 3 would find a place now on one (1); others: not enough cpus"],
    landings({ ...EMPTY, placement }),
  );
});

test("only a lock names deployments that force would stop", () => {
  assert.deepEqual(["d1"], lockedBy({ status: 409, body: { message: "App is locked", deployments: [{ id: "d1" }] } }));
  assert.deepEqual([], lockedBy({ status: 409, body: { message: "exists already" } }));
  assert.deepEqual([], lockedBy({ status: 422, body: null }));
});

test("scaling makes no instance old, another definition does", () => {
  const app = { configured: "2026-01-02T00:00:00.000Z" };

  assert.ok(isOld(app, { version: "2026-01-01T23:59:59.999Z" }));
  assert.ok(!isOld(app, { version: "2026-01-02T00:00:00.000Z" }));
});
