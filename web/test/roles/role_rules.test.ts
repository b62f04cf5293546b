import assert from "node:assert/strict";
import test from "node:test";

import type { RoleRow } from "../../src/model/rows";
import {
  causeText,
  parseAmounts,
  quotaCall,
  quotaFault,
  quotaText,
  refusedQuota,
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
    "On 1 agent: 1 cpu to framework Marathon (role a), 2 cpus to framework F2 (role b)",
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

  assert.deepEqual(
    {
      fields: ["Guarantee of cpus", "Limit of cpus"],
      text: "2 cpus can't be guaranteed within a limit of 1 cpu",
    },
    quotaFault(form),
  );
  assert.equal(undefined, quotaFault({ guarantees: { cpus: "1" }, limits: { mem: "1" } }));
});

test("what is no amount is told at its field", () => {
  assert.deepEqual(
    { fields: ["Limit of cpus"], text: "Limit of cpus: x is no amount" },
    quotaFault({ guarantees: { mem: "1" }, limits: { mem: "1", cpus: "x" } }),
  );
});

test("a refusal is told at the fields of which there is too much", () => {
  const form = { guarantees: { cpus: "9", mem: "", disk: "1" }, limits: { cpus: "9", mem: "1" } };
  const begin = "Invalid QuotaConfig: ";
  const refused = (text: string) => refusedQuota(begin + text, form).fields;
  const force = "(use 'force' flag to bypass this check)";

  assert.deepEqual(
    ["Guarantee of cpus"],
    refused(`total quota guarantees 'cpus:9; disk:1; mem:64' exceed cluster capacity 'cpus:4; disk:2' ${force}`),
  );
  assert.deepEqual(
    ["Guarantee of cpus", "Guarantee of disk"],
    refused(`total quota guarantees 'cpus:9; disk:1' exceed cluster capacity 'nothing' ${force}`),
  );
  assert.deepEqual(
    ["Limit of mem"],
    refused(
      `Role 'a' is already consuming 'cpus:2; mem:4.5'; this is more than the requested limits 'cpus:9; mem:1' ${force}`,
    ),
  );
  assert.deepEqual(
    ["Limit of cpus"],
    refused("Invalid 'QuotaConfig.limits': {'cpus': 1e+15} is invalid: values greater than 1 trillion"),
  );
  assert.deepEqual(
    ["Guarantee of mem"],
    refused("Invalid guarantee configuration {'mem': -1}: Negative values not supported"),
  );
  assert.deepEqual([], refused("Updating quota on nested role 'a/b' is not supported yet"));
});

test("a quota is told in words", () => {
  assert.equal(
    "at least 2 cpus; at most 1 GiB mem",
    quotaText(role("a", { guarantees: { cpus: 2 }, limits: { mem: 1024 } })),
  );
  assert.equal("", quotaText(role("a")));
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
