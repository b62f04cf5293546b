import assert from "node:assert/strict";
import test from "node:test";

import type { AnswerRow, OfferRow, RefusalRow, WaitingRow } from "../../src/model/rows";
import {
  appsToAsk,
  chooseOffers,
  groupOffers,
  optionsOf,
  outcomeText,
  reasonsByOffer,
} from "../../src/offers/offer_rules";

const offer = (id: string, change: Partial<AnswerRow> = {}): OfferRow => ({
  id,
  framework: "F1",
  agent: "S1",
  host: "host-1",
  role: "web",
  resources: { cpus: 1, mem: 64 },
  text: "cpus:1; mem:64",
  made: 100,
  ...change,
});
const answer = (id: string, change: Partial<AnswerRow> = {}): AnswerRow => ({
  ...offer(id),
  ended: 110,
  outcome: "declined",
  operations: [],
  ...change,
});
const frameworks = new Map([["F1", { name: "Marathon" }]]);
const nothing = { search: "", framework: "", role: "", agent: "", outcome: "" };
const ids = (rows: readonly OfferRow[], change: Partial<typeof nothing>) =>
  chooseOffers(rows, { ...nothing, ...change }, frameworks).map((row) => row.id);

test("offers are found by every word in ids, hosts, names and operations", () => {
  const rows = [offer("O1"), answer("O2", { operations: ["LAUNCH web.7"] }), offer("O3", { framework: "F2" })];

  assert.deepEqual(["O1", "O2"], ids(rows, { search: "marathon HOST-1" }));
  assert.deepEqual(["O2"], ids(rows, { search: "web.7" }));
  assert.deepEqual([], ids(rows, { search: "marathon nowhere" }));
});

test("filters hold together, and an outcome is asked of answers alone", () => {
  const rows = [offer("O1"), answer("O2"), answer("O3", { outcome: "accepted" }), answer("O4", { agent: "S2" })];

  assert.deepEqual(["O1", "O2", "O4"], ids(rows, { outcome: "declined" }));
  assert.deepEqual(["O4"], ids(rows, { agent: "S2", framework: "F1", role: "web" }));
  assert.deepEqual([], ids(rows, { agent: "S2", role: "db" }));
});

test("groups add up what is offered and know their oldest offer", () => {
  const rows = [offer("O1"), offer("O2", { made: 90, agent: "S2", host: "host-2" }), offer("O3", { framework: "F2" })];

  assert.deepEqual(
    [
      { key: "F1", label: "Marathon", count: 2, resources: { cpus: 2, mem: 128 }, oldest: 90 },
      { key: "F2", label: "F2", count: 1, resources: { cpus: 1, mem: 64 }, oldest: 100 },
    ],
    groupOffers(rows, "framework", frameworks),
  );
  assert.deepEqual(
    ["host-1", "host-2"],
    groupOffers(rows, "agent", frameworks).map((group) => group.label),
  );
});

test("Marathon's reasons are found by offer, of all apps that looked at it", () => {
  const refused = (offer: string, ...texts: string[]) =>
    ({ offer, reasons: texts.map((text) => ({ reason: "r", text })) }) as unknown as RefusalRow;
  const found = reasonsByOffer([
    ["/a", [refused("O1", "no room"), refused("O2", "rack is full")]],
    ["/b", [refused("O1", "wrong role")]],
  ]);

  assert.deepEqual(
    [
      { app: "/a", text: "no room" },
      { app: "/b", text: "wrong role" },
    ],
    found.get("O1"),
  );
});

test("of many that wait those are asked that wait longest", () => {
  const rows = Array.from({ length: 12 }, (_, index) => ({ app: `/${index}`, since: 100 - index }) as WaitingRow);

  assert.deepEqual(["/11", "/10", "/9", "/8", "/7", "/6", "/5", "/4"], appsToAsk(rows));
});

test("what became of an offer is said in one line", () => {
  const reasons = [{ app: "/a", text: "rack is full" }];

  assert.equal("/a: rack is full", outcomeText(answer("O1"), reasons));
  assert.equal("LAUNCH a, b", outcomeText(answer("O1", { outcome: "accepted", operations: ["LAUNCH a, b"] })));
  assert.equal("nothing was done with it", outcomeText(answer("O1", { outcome: "accepted" })));
  assert.equal("the agent left", outcomeText(answer("O1", { outcome: "withdrawn", why: "the agent left" })));
  assert.equal("", outcomeText(answer("O1")));
});

test("a chosen value stays an option though no row has it any more", () => {
  assert.deepEqual(["a", "b"], optionsOf(["b"], "a"));
});
