import assert from "node:assert/strict";
import { test } from "node:test";

import { neighbour } from "../../src/model/neighbours";

/** Two rows of three, then a group of one. */
const boxes = [0, 30, 60]
  .flatMap((left) => [{ left, top: 0 }])
  .concat(
    [0, 30, 60].map((left) => ({ left, top: 30 })),
    [{ left: 0, top: 100 }],
  );

test("arrows to the side follow the order of cells over the ends of rows", () => {
  assert.equal(3, neighbour("ArrowRight", 2, boxes));
  assert.equal(2, neighbour("ArrowLeft", 3, boxes));
});

test("arrows up and down lead to the next row's cell in the same column, or the nearest there is", () => {
  assert.equal(5, neighbour("ArrowDown", 2, boxes));
  assert.equal(6, neighbour("ArrowDown", 5, boxes));
  assert.equal(3, neighbour("ArrowUp", 6, boxes));
});

test("nothing lies beyond the ends", () => {
  assert.equal(undefined, neighbour("ArrowUp", 1, boxes));
  assert.equal(undefined, neighbour("ArrowDown", 6, boxes));
  assert.equal(undefined, neighbour("ArrowRight", 6, boxes));
  assert.equal(undefined, neighbour("Enter", 1, boxes));
});
