import assert from "node:assert/strict";
import test from "node:test";

import { barredText } from "../../src/ask/barred";
import type { Me, Right } from "../../src/ask/rights";

const RIGHTS: readonly Right[] = ["create_apps", "drain_agents", "quota", "update_apps", "weights"];
const rightsTo = (...had: Right[]) =>
  Object.fromEntries(RIGHTS.map((right) => [right, had.includes(right)])) as Me["rights"];

function me(change: Partial<Me> = {}): Me {
  const about = { daemon: "master", name: "", version: "1", principal: "carol", may_sign_in: false } as const;
  return { ...about, rights: rightsTo(), master: { reached: true }, marathon: { reached: true }, ...change };
}

test("what one may not do is named with who one is", () => {
  assert.equal("As carol you may not set weight or set quota of it", barredText(me(), ["weights", "quota"], "of it"));
});

test("what one may do is not named", () => {
  assert.equal(
    "As carol you may not set quota of it",
    barredText(me({ rights: rightsTo("weights") }), ["weights", "quota"], "of it"),
  );
});

test("nothing is said to who may do all, nor while that is not known", () => {
  assert.deepEqual(
    ["", ""],
    [barredText(me({ rights: rightsTo("quota") }), ["quota"], ""), barredText(undefined, ["quota"], "")],
  );
});

test("rights to one thing go before those in general", () => {
  assert.equal("As carol you may not change /web", barredText(me(), ["update_apps"], "/web", rightsTo()));
  assert.equal("", barredText(me(), ["update_apps"], "/web", rightsTo("update_apps")));
});

test("who has no name is told whether signing in helps", () => {
  assert.deepEqual(
    ["Without signing in you may not drain it", "You may not drain it"],
    [true, false].map((may_sign_in) => barredText(me({ principal: null, may_sign_in }), ["drain_agents"], "it")),
  );
});

test("where the daemon that judges can't be asked, that is the reason", () => {
  const marathon = { reached: false, why: "Marathon does not answer" };

  assert.equal("No orders now: Marathon does not answer", barredText(me({ marathon }), ["create_apps"], "apps"));
  assert.equal("As carol you may not drain it", barredText(me({ marathon }), ["drain_agents"], "it"));
});
