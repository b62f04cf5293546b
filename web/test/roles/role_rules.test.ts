import assert from "node:assert/strict";
import test from "node:test";

import type { RoleRow } from "../../src/model/rows";
import {
  causeText,
  parseAmounts,
  quotaCall,
  quotaProblem,
  shareText,
  shareWithWeight,
  standingOf,
  starving,
  weightCall,
  weightProblem,
} from "../../src/roles/role_rules";

const role = (name: string, change: Partial<RoleRow> = {}): RoleRow => ({
  role: name,
  weight: 1,
  frameworks: [],
  guarantees: {},
  limits: {},
  consumed: {},
  allocated: {},
  offered: {},
  reserved: {},
  share: 0,
  fair_share: 0.5,
  wants: true,
  ...change,
});
const starves = [{ reason: "everything is allocated", agents: 3 }];

test("a share is told with its resource and beside what is fair", () => {
  assert.equal(
    "38% of the cluster by mem, its fair share is 25%",
    shareText(role("a", { share: 0.38, dominant: "mem", fair_share: 0.25 })),
  );
  assert.equal("holds nothing, its fair share is 50%", shareText(role("a")));
});

test("who wants nothing is quiet, who waits in vain starves", () => {
  assert.equal("quiet", standingOf(role("a", { wants: false })));
  assert.equal("wants", standingOf(role("a", { starves: [] })));
  assert.equal("starves", standingOf(role("a", { starves })));
});

test("those furthest below their fair share come first", () => {
  const rows = [role("full", { share: 0.5, starves }), role("fed"), role("poor", { share: 0.1, starves })];

  assert.deepEqual(
    ["poor", "full"],
    starving(rows).map((row) => row.role),
  );
});

test("a reason says on how many agents", () => {
  assert.equal("On 3 agents: everything is allocated", causeText(starves[0]!));
  assert.equal("On 1 agent: x", causeText({ reason: "x", agents: 1 }));
  assert.equal(
    "On 1 agent: cpus:1 to framework Marathon (role a), cpus:2 to framework F2 (role b)",
    causeText(
      { reason: "cpus:1 to framework F1 (role a), cpus:2 to framework F2 (role b)", agents: 1 },
      new Map([["F1", { name: "Marathon" }]]),
    ),
  );
});

test("amounts are numbers that are not below nothing, and empty fields say nothing", () => {
  assert.deepEqual({ cpus: 1.5, mem: 0 }, parseAmounts({ cpus: " 1.5 ", mem: "0", disk: "" }));
  for (const typed of ["-1", "1e3", "x", "1,5", "Infinity"])
    assert.match(String(parseAmounts({ cpus: typed })), /^cpus: /);
});

test("a guarantee above its limit is refused before anybody is asked", () => {
  const form = { guarantees: { cpus: "2" }, limits: { cpus: "1" } };

  assert.equal("2 cpus can't be guaranteed within a limit of 1 cpu", quotaProblem(form));
  assert.equal("Limit of cpus: x is no amount", quotaProblem({ guarantees: {}, limits: { cpus: "x" } }));
  assert.equal(undefined, quotaProblem({ guarantees: { cpus: "1" }, limits: { mem: "1" } }));
});

test("orders are what the operator API takes", () => {
  assert.deepEqual(
    {
      type: "UPDATE_QUOTA",
      update_quota: {
        force: true,
        quota_configs: [{ role: "web", guarantees: { cpus: { value: 1 } }, limits: { mem: { value: 64 } } }],
      },
    },
    quotaCall("web", { guarantees: { cpus: "1", mem: "" }, limits: { mem: "64" } }, true),
  );
  assert.deepEqual(
    { type: "UPDATE_WEIGHTS", update_weights: { weight_infos: [{ role: "web", weight: 2 }] } },
    weightCall("web", 2),
  );
});

test("a weight is above nothing", () => {
  for (const typed of ["", "0", "-1", "x", "NaN"]) assert.equal("A weight is a number above 0", weightProblem(typed));
  assert.equal(undefined, weightProblem("0.5"));
});

test("what a weight would give is told among siblings that take part", () => {
  const rows = [role("a"), role("b", { weight: 2 }), role("idle", { wants: false }), role("b/x", { weight: 9 })];

  assert.equal(0.5, shareWithWeight(rows, "a", 2));
  assert.equal(1, shareWithWeight(rows, "b/x", 5));
});
