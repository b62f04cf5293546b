import assert from "node:assert/strict";
import test from "node:test";

import { beginnings, lineAt, seenLines } from "../../src/parts/log_rows";

test("a line that wraps takes its rows, an empty one takes one", () => {
  assert.deepEqual([0, 1, 4, 5], beginnings(["", "x".repeat(25), "y"], 10));
});

test("the line at a row is the one that covers it", () => {
  const begins = beginnings(["a", "x".repeat(25), "y"], 10);

  assert.deepEqual(
    [0, 1, 1, 1, 2, 2],
    [0, 1, 2, 3, 4, 99].map((row) => lineAt(begins, row)),
  );
});

test("of many lines only those around the screen are shown", () => {
  const begins = beginnings(Array(5000).fill("a"), 80);

  assert.deepEqual([980, 1051], seenLines(begins, 1000, 30));
  assert.deepEqual([0, 51], seenLines(begins, 0, 30));
  assert.equal(5000, seenLines(begins, 4990, 30)[1]);
});

test("nothing has no lines", () => {
  assert.deepEqual([0, 0], seenLines(beginnings([], 80), 0, 30));
});
