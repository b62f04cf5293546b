import assert from "node:assert/strict";
import { test } from "node:test";

import { moveFocus, windowOf } from "../../src/model/window";

test("at the top there are the rows that are seen, and some to spare", () => {
  assert.deepEqual({ first: 0, end: 25 }, windowOf(10_000, 40, 0, 600, 10, 1));
});

test("in the middle there are some to spare on either side", () => {
  assert.deepEqual({ first: 990, end: 1025 }, windowOf(10_000, 40, -40_000, 600, 10, 1));
});

test("the window moves in steps, and never shows fewer rows than without them", () => {
  assert.deepEqual({ first: 16, end: 48 }, windowOf(10_000, 40, -1000, 600, 8, 8));
  assert.deepEqual({ first: 16, end: 56 }, windowOf(10_000, 40, -1200, 600, 8, 8));
  assert.deepEqual({ first: 24, end: 56 }, windowOf(10_000, 40, -1290, 600, 8, 8));
});

test("no window reaches beyond the rows, wherever it is scrolled to", () => {
  assert.deepEqual({ first: 5, end: 5 }, windowOf(5, 40, -40_000, 600, 10));
  assert.deepEqual({ first: 0, end: 0 }, windowOf(5, 40, 40_000, 600, 10));
});

test("keys move the focus within the rows and stop at the ends", () => {
  assert.equal(4, moveFocus("ArrowDown", 3, 10, 5));
  assert.equal(9, moveFocus("PageDown", 7, 10, 5));
  assert.equal(0, moveFocus("ArrowUp", 0, 10, 5));
  assert.equal(9, moveFocus("End", 0, 10, 5));
});

test("other keys, and no rows, move nothing", () => {
  assert.equal(undefined, moveFocus("a", 3, 10, 5));
  assert.equal(undefined, moveFocus("ArrowDown", -1, 0, 5));
});
