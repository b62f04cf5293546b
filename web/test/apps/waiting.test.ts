import assert from "node:assert/strict";
import { test } from "node:test";

import { agentReasons, causeCounts, checksOf, limitTexts, matchesReason } from "../../src/apps/waiting";

const AGENTS = new Map(
  ["h1", "h2", "h3"].map((host) => [`S-${host}`, { id: `S-${host}`, hostname: host, attributes: { rack: "r1" } }]),
);
const REFUSAL = {
  agent: "S-h1",
  host: "h1",
  offer: "O-1",
  at: 100,
  attributes: { rack: "r1" },
  resources: { cpus: 2 },
  reasons: [
    { reason: "UnfulfilledConstraint", text: "rack MAX_PER 2: r1 already holds 2" },
    { reason: "InsufficientCpus", text: "cpus: 4 wanted, 2 offered" },
  ],
};
const REFUSALS = new Map([["S-h1", REFUSAL]]);
const said = (host: string, filter: string, reason: string) => ({
  agent_id: `S-${host}`,
  hostname: host,
  filter,
  reason,
});
const causes = (...given: Parameters<typeof agentReasons>) => agentReasons(...given).map(({ cause }) => cause);

test("every agent of the cluster has a reason: refused by us, held back by the master, or about to be offered", () => {
  const explained = [said("h1", "refused", "we declined it"), said("h2", "quota", "role * has all of its quota")];

  const found = agentReasons({}, REFUSALS, explained, AGENTS);

  assert.deepEqual(
    found.map(({ host, cause }) => [host, cause]),
    [
      ["h1", "Constraints"],
      ["h2", "Not offered"],
      ["h3", "About to be offered"],
    ],
  );
  assert.deepEqual(found[0]?.texts, ["rack MAX_PER 2: r1 already holds 2", "cpus: 4 wanted, 2 offered"]);
  assert.deepEqual(found[1]?.texts, ["role * has all of its quota"]);
});

test("what keeps an agent from being offered now is told before what its last offer lacked", () => {
  assert.equal(causes({}, REFUSALS, [said("h1", "draining", "h1 is draining")], AGENTS)[0], "Not offered");
});

test("during a delay offers are not tried, whatever they lacked before it", () => {
  const explained = [said("h1", "suppressed", "it wants none"), said("h2", "deactivated", "h2 is deactivated")];

  assert.deepEqual(causes({ until: 5 }, REFUSALS, explained, AGENTS), ["Delayed", "Not offered", "Delayed"]);
});

test("an agent that is no longer there is told of as long as its refusal is", () => {
  assert.deepEqual(
    agentReasons({}, REFUSALS, [], new Map()).map(({ host }) => host),
    ["h1"],
  );
});

test("causes are counted, the commonest first", () => {
  assert.deepEqual(causeCounts(agentReasons({}, REFUSALS, [], AGENTS)), [
    { cause: "About to be offered", agents: 2 },
    { cause: "Constraints", agents: 1 },
  ]);
});

test("checks that stopped nothing are left out, the others keep their order", () => {
  const funnel = [
    { reason: "UnfulfilledRole", declined: 0, processed: 9 },
    { reason: "UnfulfilledConstraint", declined: 6, processed: 9 },
    { reason: "InsufficientCpus", declined: 3, processed: 3 },
  ];

  assert.deepEqual(
    checksOf(funnel).map(({ label, came, stopped }) => [label, came, stopped]),
    [
      ["Constraints", 9, 6],
      ["CPUs", 3, 3],
    ],
  );
});

test("quota that is used up is told, of the outermost role", () => {
  const roles = new Map([
    ["team", { limits: { cpus: 2, mem: 512 }, consumed: { cpus: 2, mem: 100 } }],
    ["free", { limits: {}, consumed: { cpus: 9 } }],
  ]);

  assert.deepEqual(limitTexts("team/web", roles), [
    "role team has all that its quota allows of cpus:2: no more of that is offered",
  ]);
  assert.deepEqual(limitTexts("free", roles), []);
  assert.deepEqual(limitTexts("*", roles), []);
});

test("agents are found by cause, host, attribute and words of the reason", () => {
  const [h1] = agentReasons({}, REFUSALS, [], AGENTS);

  assert.ok(h1 && matchesReason(h1, "Constraints", "rack:r1 max_per"));
  assert.ok(!matchesReason(h1, "CPUs", ""));
  assert.ok(!matchesReason(h1, "", "rack:r2"));
});
