import assert from "node:assert/strict";
import { test } from "node:test";

import { isLeap, moveFocus, Slots, windowOf } from "../../src/model/window";

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

test("who scrolls past most of a window leaps", () => {
  assert.equal(true, isLeap({ first: 0, end: 40 }, { first: 40, end: 80 }));
  assert.equal(true, isLeap({ first: 900, end: 940 }, { first: 0, end: 40 }));
  assert.equal(true, isLeap({ first: 0, end: 40 }, { first: 24, end: 64 }));
  assert.equal(false, isLeap({ first: 0, end: 40 }, { first: 16, end: 56 }));
});

test("rows that stay keep their element, those that come take one that is free, wherever they stand", () => {
  const slots = new Slots();

  assert.deepEqual([0, 1, 2], slots.place(["a", "b", "c"]));
  assert.deepEqual([1, 2, 0], slots.place(["b", "c", "d"]));
  assert.deepEqual([2, 0, 1], slots.place(["c", "d", "e"]));
  assert.deepEqual([2, 0, 1], slots.place(["x", "y", "z"]));
});

test("ten thousand rows flying by need no more elements than a window has", () => {
  const slots = new Slots();
  const all = Array.from({ length: 10_000 }, (_, index) => `row ${index}`);
  const used = new Set<number>();
  for (let first = 0; first < 9_900; first += 37) {
    const placed = slots.place(all.slice(first, first + 30));
    assert.equal(30, new Set(placed).size);
    for (const slot of placed) used.add(slot);
  }

  assert.equal(30, used.size);
});
