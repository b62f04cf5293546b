import assert from "node:assert/strict";
import test from "node:test";

import { leadingTime, merge, NOTHING_MERGED } from "../../src/parts/merge";

const texts = (merged: { lines: readonly { text: string }[] }) => merged.lines.map((line) => line.text);

test("lines with times are in their order, whichever came first", () => {
  const one = merge(NOTHING_MERGED, 0, ["2026-01-01T00:00:01Z a", "2026-01-01T00:00:03Z c"]);

  assert.deepEqual(
    ["a", "b", "c"],
    texts(merge(one, 1, ["2026-01-01T00:00:02Z b"])).map((text) => text.slice(-1)),
  );
});

test("a line without a time stays behind the one it continues", () => {
  const one = merge(NOTHING_MERGED, 0, ["2026-01-01 00:00:01 Error", "  at x", "2026-01-01 00:00:03 on"]);
  const both = texts(merge(one, 1, ["2026-01-01 00:00:02 other"]));

  assert.deepEqual(
    ["2026-01-01 00:00:01 Error", "  at x", "2026-01-01 00:00:02 other", "2026-01-01 00:00:03 on"],
    both,
  );
});

test("where one source tells no time, lines are as they came", () => {
  const one = merge(NOTHING_MERGED, 0, ["2026-01-01T00:00:09Z a"]);
  const two = merge(one, 1, ["2026-01-01T00:00:01Z b"]);

  assert.deepEqual(
    ["b", "a"],
    texts(two).map((text) => text.slice(-1)),
  );
  assert.deepEqual(
    ["a", "b", "plain"],
    texts(merge(two, 2, ["plain"])).map((text) => text.replace(/.*Z /, "")),
  );
});

test("a window of lines is kept, the newest", () => {
  assert.deepEqual(["2", "3"], texts(merge(NOTHING_MERGED, 0, ["1", "2", "3"], 2)));
});

test("long lines are kept fewer", () => {
  const lines = Array.from({ length: 300 }, () => "x".repeat(10_000));

  assert.equal(200, merge(NOTHING_MERGED, 0, lines).lines.length);
});

test("times have zones, fractions and other spellings", () => {
  const noon = Date.UTC(2026, 0, 1, 12);

  assert.equal(noon + 250, leadingTime("2026-01-01T13:00:00.25+01:00 x"));
  assert.equal(noon + 250, leadingTime("2026-01-01 12:00:00,250 INFO"));
  assert.equal(noon, leadingTime("[2026-01-01T14:00:00+0200] x"));
  assert.equal(undefined, leadingTime("at 2026-01-01T14:00:00Z"));
  assert.equal(undefined, leadingTime("2026-13-41T14:00:00Z"));
});
