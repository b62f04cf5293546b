import assert from "node:assert/strict";
import test from "node:test";

import { compile, find, step } from "../../src/parts/log_find";

const still = () => 0;

test("a text is found wherever it is, in upper case or lower", () => {
  assert.deepEqual(
    [
      { line: 0, from: 0, to: 5 },
      { line: 1, from: 3, to: 8 },
      { line: 1, from: 9, to: 14 },
    ],
    find(["Error", "an ERROR,error"], "error", false, still).matches,
  );
});

test("text that looks like a pattern is text", () => {
  assert.equal(1, find(["a.b", "axb"], "a.b", false, still).matches.length);
});

test("a pattern is one where it is asked for, and empty matches don't count", () => {
  assert.deepEqual([{ line: 0, from: 1, to: 3 }], find(["a12b"], "\\d*", true, still).matches);
});

test("a pattern that is none is told, and finds nothing", () => {
  const found = find(["a"], "a(", true, still);

  assert.deepEqual([], found.matches);
  assert.match(found.problem ?? "", /group/i);
});

for (const pattern of ["(a+)+b", "(a|a)*b", "(.*)*x", "((a+))+b", "(a{1,9}){5,}", ".*.*.*.*x"]) {
  test(`${pattern} is refused, as it could take forever`, () => {
    assert.equal("string", typeof compile(pattern));
  });
}

for (const pattern of ["GET /v\\d+/\\S+", "(error|warn)", "[+*]+", "\\(a+\\)+", "a{2,3}"]) {
  test(`${pattern} is fine`, () => {
    assert.ok(compile(pattern) instanceof RegExp);
  });
}

test("a search ends when its time is over, and keeps what it found", () => {
  let now = 0;
  const found = find(Array(1000).fill("a"), "a", true, () => (now += 10));

  assert.ok(found.matches.length > 0 && found.matches.length < 20);
  assert.match(found.problem ?? "", /too long/);
});

test("many matches are cut off, and that is told", () => {
  const found = find(Array(6000).fill("a"), "a", false, still);

  assert.equal(5000, found.matches.length);
  assert.match(found.problem ?? "", /5000/);
});

test("next and previous go round", () => {
  assert.deepEqual(
    [0, 2, 0, 1, 2, -1],
    [step(3, -1, 1), step(3, -1, -1), step(3, 2, 1), step(3, 0, 1), step(3, 0, -1), step(0, -1, 1)],
  );
});
