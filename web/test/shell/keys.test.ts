import assert from "node:assert/strict";
import { test } from "node:test";

import { readKey } from "../../src/shell/keys";

const action = (label: string) => ({ label, act: () => undefined });
const frame = { "/": action("find"), "g a": action("agents"), x: action("frame's x"), a: action("a") };
const screen = { x: action("screen's x") };

function labelOf(before: string, key: string): string | undefined {
  const found = readKey([screen, frame], before, key);
  return typeof found === "object" ? found.label : found;
}

test("a key means what the map that was added last says", () => {
  assert.equal("screen's x", labelOf("", "x"));
  assert.equal("find", labelOf("", "/"));
});

test("two keys after another are one action, the first alone is its beginning", () => {
  assert.equal("begins", labelOf("", "g"));
  assert.equal("agents", labelOf("g", "a"));
  assert.equal("a", labelOf("", "a"));
});

test("a key that ends no sequence means what it means alone", () => {
  assert.equal("screen's x", labelOf("g", "x"));
  assert.equal(undefined, labelOf("g", "y"));
});

test("names of an object's own parts are no keys", () => {
  assert.equal(undefined, labelOf("", "constructor"));
});
