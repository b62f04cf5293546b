import assert from "node:assert/strict";
import { test } from "node:test";

import { dayBefore, inOrder, KINDS, kindCounts, kindsOf, linksOf, toggledKinds } from "../../src/apps/timeline";
import { agentPath, deploymentPath, offerPath, taskPath } from "../../src/model/places";
import type { TimelineRow } from "../../src/model/rows";

const row = (at: number, more: Partial<TimelineRow> = {}): TimelineRow => ({
  at,
  kind: "status",
  text: "TASK_RUNNING on h1",
  tone: "good",
  ...more,
});

test("entries stand in the order of their numbers, not of their keys", () => {
  const rows = new Map([
    ["10", row(1)],
    ["9", row(2)],
    ["100", row(3)],
  ]);

  assert.deepEqual(
    inOrder(rows).map(({ number }) => number),
    [9, 10, 100],
  );
});

test("no kind named is every kind; a word that is none is ignored", () => {
  assert.equal(kindsOf("").size, KINDS.length);
  assert.deepEqual([...kindsOf("kill,nonsense")], ["kill"]);
});

test("a press adds a kind and takes it away again; all of them is no filter", () => {
  assert.equal(toggledKinds("", "offer"), "offer");
  assert.equal(toggledKinds("offer", "kill"), "offer,kill");
  assert.equal(toggledKinds("offer,kill", "offer"), "kill");
  assert.equal(toggledKinds("request,plan,deployment,offer,launch,status,health", "kill"), "");
});

test("entries are counted by kind", () => {
  assert.deepEqual(
    [...kindCounts([row(1), row(2), row(3, { kind: "kill" })])],
    [
      ["status", 2],
      ["kill", 1],
    ],
  );
});

test("an entry leads to its task, agent, offer and deployment", () => {
  const links = linksOf(row(1, { task: "t/1", agent: "S1", host: "h1", offer: "O1", deployment: "d1" }), "F1");

  assert.deepEqual(links, [
    { href: taskPath("F1", "t/1"), label: "Task" },
    { href: agentPath("S1"), label: "Agent" },
    { href: offerPath("O1"), label: "Offer" },
    { href: deploymentPath("d1"), label: "Deployment" },
  ]);
  assert.deepEqual(linksOf(row(1, { task: "t" }), undefined), []);
});

test("a day is told where it begins", () => {
  const rows = inOrder(
    new Map([
      ["1", row(10)],
      ["2", row(20)],
      ["3", row(110)],
    ]),
  );
  const dayOf = (at: number) => `day ${Math.floor(at / 100)}`;

  assert.deepEqual(
    rows.map((_, index) => dayBefore(rows, index, dayOf)),
    ["day 0", "", "day 1"],
  );
});
