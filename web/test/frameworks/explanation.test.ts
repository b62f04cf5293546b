import assert from "node:assert/strict";
import test from "node:test";

import {
  advise,
  adviseAll,
  byFilter,
  type Quota,
  type Refusal,
  type Rival,
  type RoleView,
  roleViews,
  type Standing,
} from "../../src/frameworks/explanation";
import cases from "./advice.json";

interface Case {
  readonly filters: readonly string[];
  readonly advice: string;
  readonly agents?: number;
  readonly quota?: Quota;
  readonly free?: readonly Record<string, number>[];
  readonly rivals?: readonly (readonly [string, number, number])[];
  readonly standing?: Partial<Standing>;
}

const refusal = (filter: string, free: Record<string, number> = {}, role = "own"): Refusal => ({
  role,
  agent_id: "S0",
  hostname: "h",
  filter,
  reason: "because",
  free,
});
const rival = ([name, share, weight]: readonly [string, number, number]): Rival => ({
  kind: "role",
  id: name,
  name,
  share,
  weight,
  rank: share / weight,
  wants_offers: true,
  is_own: name === "own",
});
const viewOf = (one: Case): RoleView => ({
  standing: {
    role: "own",
    least: [],
    refused: [],
    levels: [(one.rivals ?? [["own", 0, 1] as const]).map(rival)],
    ...one.standing,
  },
  refusals: one.filters.map((filter, index) => refusal(filter, one.free?.[index])),
  quota: one.quota,
  agents: one.agents ?? 1,
});

// The command line is held to the same cases, so that both say the same.
for (const one of cases as unknown as readonly Case[]) {
  test(`advice: ${one.advice}`, () => {
    assert.equal(one.advice, advise(viewOf(one)));
  });
}

test("several roles are advised one by one", () => {
  const view = viewOf({ filters: ["empty"], advice: "" });

  assert.equal(
    "in role own, agents that have resources; in role own, agents that have resources",
    adviseAll([view, view]),
  );
  assert.equal("being there: it is in no role", adviseAll([]));
});

test("what holds most agents back comes first, with its agents", () => {
  const counts = byFilter([refusal("gpus"), refusal("agent"), refusal("agent")]);

  assert.deepEqual(
    ["agent", "gpus"],
    counts.map((one) => one.filter),
  );
  assert.equal(2, counts[0]?.agents.length);
});

test("a role has the quota of its outermost one, and its own refusals", () => {
  const standing = { ...viewOf({ filters: [], advice: "" }).standing, role: "eng/web" };
  const quota = { limit: {}, guarantee: {}, consumed: {} };
  const told = { standings: [standing], refusals: [refusal("gpus", {}, "eng/web"), refusal("agent", {}, "eng")] };
  const [view] = roleViews(told, new Map([["eng", quota]]), 3);

  assert.equal(quota, view?.quota);
  assert.equal(1, view?.refusals.length);
});
