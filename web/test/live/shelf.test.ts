import assert from "node:assert/strict";
import test from "node:test";

import { Shelf } from "../../src/live/shelf";
import { Rowset } from "../../src/live/tables";

const delta = (put: Record<string, unknown>, gone: string[] = [], reset = false) => ({
  table: "tasks",
  position: "T-1",
  reset,
  put,
  gone,
});

/** A small generator, so that a failure can be played again. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return Math.floor((state / 0x7fffffff) * below) % below;
  };
}

test("whoever reads at any moments ends with the rows that are there", () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const roll = dice(seed);
    const shelf = new Shelf("tasks");
    const readers = [new Rowset(), new Rowset(), new Rowset()];
    for (let step = 0; step < 1500; step += 1) {
      const key = `k${roll(20)}`;
      const kind = roll(40);
      if (kind === 0) shelf.apply(delta({ [key]: step }, [], true));
      else if (kind < 12) shelf.apply(delta({}, [key]));
      else shelf.apply(delta({ [key]: step }));
      const reader = readers[roll(200)];
      const missed = reader && shelf.since(reader.position);
      if (missed !== undefined) reader?.apply(missed);
    }
    for (const reader of readers) {
      const missed = shelf.since(reader.position);
      if (missed !== undefined) reader.apply(missed);

      assert.deepEqual([...shelf.rows].sort().join(), [...reader.rows].sort().join(), `seed ${seed}`);
    }
  }
});

test("a row that changed often is told once, as it is now", () => {
  const shelf = new Shelf("tasks");
  shelf.apply(delta({ a: 0, b: 0 }));
  const position = shelf.position;
  for (let step = 1; step <= 50; step += 1) shelf.apply(delta({ a: step }));

  assert.deepEqual({ a: 50 }, { ...shelf.since(position)?.put });
});

test("a position of another shelf brings everything anew", () => {
  const [one, other] = [new Shelf("tasks"), new Shelf("tasks")];
  one.apply(delta({ a: 1 }));
  other.apply(delta({ a: 1 }));

  assert.equal(true, one.since(other.position)?.reset);
  assert.equal(undefined, one.since(one.position));
  assert.equal(true, one.since("nonsense")?.reset);
});

test("nothing is told before the server has", () => {
  assert.equal(undefined, new Shelf("tasks").since(""));
});

test("an empty table is told, so that its readers need not wait", () => {
  const shelf = new Shelf("tasks");
  shelf.apply(delta({}, [], true));

  assert.deepEqual([true, {}], [shelf.since("")?.reset, { ...shelf.since("")?.put }]);
});

test("changes are forgotten at last, so that memory does not grow", () => {
  const shelf = new Shelf("tasks");
  for (let step = 0; step < 50_000; step += 1) shelf.apply(delta({ [`k${step % 10}`]: step }));

  assert.ok((shelf as unknown as { changes: string[] }).changes.length <= 1020);
});

test("a task may be called __proto__", () => {
  const shelf = new Shelf("tasks");
  shelf.apply(JSON.parse('{"table":"tasks","position":"T-1","reset":true,"put":{"__proto__":{"x":1}},"gone":[]}'));
  const reader = new Rowset();
  const missed = shelf.since("");
  if (missed !== undefined) reader.apply(structuredClone(missed));

  assert.deepEqual([["__proto__", { x: 1 }]], [...reader.rows]);
});
