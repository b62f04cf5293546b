import assert from "node:assert/strict";
import { test } from "node:test";

import { groupAgents, groupings, matchesAgent, usualGrouping } from "../../src/agents/agent_filter";
import { agentWords, heatLevel, measureAgent, parseMeasure } from "../../src/agents/measures";
import type { AgentRow } from "../../src/model/rows";

export function agent(id: string, changes: Partial<AgentRow> = {}): AgentRow {
  return {
    id,
    hostname: `${id}.example`,
    ip: "10.0.0.1",
    port: 5051,
    state: "active",
    version: "1",
    attributes: {},
    total: { cpus: 4, mem: 1024 },
    allocated: { cpus: 1 },
    offered: {},
    reserved: {},
    tasks: 0,
    registered: 1,
    ...changes,
  };
}

const a = agent("a", { attributes: { rack: "r10", ssd: "yes" } });
const b = agent("b", { attributes: { rack: "r2" }, state: "draining" });
const c = agent("c", { domain: { region: "eu", zone: "z1" } });

test("words with a colon are attributes, zones and states; others are looked for everywhere; all must hold", () => {
  const found = (text: string, state = "") =>
    [a, b, c].filter((each) => matchesAgent(each, text, state)).map(({ id }) => id);

  assert.deepEqual(["a"], found("rack:r10"));
  assert.deepEqual(["c"], found("ZONE:z1"));
  assert.deepEqual(["b"], found("state:drain"));
  assert.deepEqual(["a"], found("yes example"));
  assert.deepEqual([], found("rack:r10 ssd:no"));
  assert.deepEqual(["b"], found("", "draining"));
  assert.deepEqual(["a", "b", "c"], found("10.0.0.1:5051"));
});

test("agents can be grouped by state, by region and zone where there are any, and by every attribute", () => {
  assert.deepEqual(["state", "rack", "ssd"], groupings([a, b]));
  assert.deepEqual(["state", "region", "zone", "rack", "ssd"], groupings([a, b, c]));
});

test("agents that say where they stand are grouped by that from the start: by rack, else zone, else region", () => {
  assert.equal("rack", usualGrouping(groupings([a, b, c])));
  assert.equal("zone", usualGrouping(groupings([c])));
  assert.equal("Region", usualGrouping(["state", "Region", "ssd"]));
  assert.equal("", usualGrouping(groupings([agent("d", { attributes: { ssd: "yes" } })])));
});

test("groups stand in the order people count, those without the attribute last", () => {
  assert.deepEqual(
    ["r2", "r10", "no rack"],
    groupAgents([c, a, b], "rack").map((group) => group.label),
  );
  assert.deepEqual(
    [["a", "b", "c"]],
    groupAgents([c, a, b], "").map((group) => group.agents.map(({ id }) => id)),
  );
});

test("a share is unknown where nobody measured, or where the agent has none of it", () => {
  assert.equal(0.25, measureAgent(a, parseMeasure("")));
  assert.equal(0, measureAgent(a, parseMeasure("allocated:mem")));
  assert.equal(undefined, measureAgent(a, parseMeasure("used:cpus")));
  assert.equal(undefined, measureAgent(a, parseMeasure("allocated:gpus")));
  assert.deepEqual({ kind: "allocated", resource: "cpus" }, parseMeasure("nonsense"));
});

test("heat has a step for nothing and five for the rest", () => {
  assert.deepEqual([0, 1, 3, 5, 5], [0, 0.01, 0.5, 1, 1.7].map(heatLevel));
});

test("a cell says in words all that its colour and icon say", () => {
  assert.equal("b.example, draining, 25% of cpus allocated, 0 tasks", agentWords(b, parseMeasure("")));
});
