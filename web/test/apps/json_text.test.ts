import assert from "node:assert/strict";
import { test } from "node:test";

import { lineAt, nodeAt, readJson } from "../../src/apps/editor/json_text";

function refusal(text: string): readonly [number, string] {
  const { problem } = readJson(text);
  assert.ok(problem, `accepted: ${text}`);
  return [lineAt(text, problem.at), problem.message];
}

test("what JSON.parse takes is read with the place of each value", () => {
  const text = '{"a": [1, {"b c": "x\\u0041"}], "d": null}';
  const { root } = readJson(text);
  assert.ok(root);
  const node = nodeAt(root, ["a", 1, "b c"]);

  assert.equal('"x\\u0041"', text.slice(node?.start, node?.end));
  assert.equal("null", text.slice(nodeAt(root, ["d"])?.start, nodeAt(root, ["d"])?.end));
  assert.equal(undefined, nodeAt(root, ["a", 2]));
});

test("a mistake is told by its line and in words", () => {
  const cases: readonly [string, number, RegExp][] = [
    ["", 1, /value is missing/],
    ['{\n  "a": 1\n  "b": 2\n}', 3, /comma is missing/],
    ['{\n  "a": 1,\n}', 2, /comma too many/],
    ['{\n "a" 1}', 2, /colon is missing after "a"/],
    ["{\n \"a\": 'x'}", 2, /double quotes/],
    ["{\n a: 1}", 2, /name in double quotes/],
    ['{\n "a": "x\n}', 2, /no closing/],
    ['{\n "a": yes}', 2, /yes is no value/],
    ['{\n "a": 01}', 2, /01 is no number/],
    ['{\n "a": +1}', 2, /\+1 is no number/],
    ['{\n "a": 1.}', 2, /1\. is no number/],
    ['{\n "a": "\\x"}', 2, /must be escaped/],
    ['{\n "a": [1, 2\n', 3, /list that begins in line 2 isn't closed/],
    ['{\n "a": [1, 2}\n', 2, /list that begins in line 2 ends with \]/],
    ["{}\n{}", 2, /nothing may follow/],
    ["[1,,2]", 1, /value is missing before ,/],
  ];
  for (const [text, line, words] of cases) {
    const [found, message] = refusal(text);

    assert.equal(line, found, text);
    assert.match(message, words);
  }
});

test("comments are refused at their line", () => {
  assert.deepEqual([2, "a comment: JSON has none"], refusal('{\n // why\n "a": 1}'));
  assert.deepEqual([3, "a comment: JSON has none"], refusal('{\n "a": 1,\n /* why */ "b": 2}'));
  assert.deepEqual([2, "a comment: JSON has none"], refusal('{ "a": 1,\n # why\n "b": 2}'));
});

test("a name that stands twice in one object is refused, with the line of both", () => {
  assert.deepEqual(
    [4, '"cpus" stands here twice, first in line 2'],
    refusal('{\n "cpus": 1,\n "mem": 2,\n "cpus": 3}'),
  );
  assert.ok(readJson('{"a": {"b": 1}, "c": {"b": 1}}').root);
});

test("endless nesting is refused, not a crash", () => {
  assert.match(refusal("[".repeat(100_000))[1], /nested/);
});

test("it accepts and refuses what JSON.parse does, but for names that stand twice", () => {
  const pieces = ["{", "}", "[", "]", ":", ",", '"a"', '"b"', "1", "-0.5e3", "true", "null", " ", "01", "x"];
  let seed = 7;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  let good = 0;
  for (let turn = 0; turn < 10_000; turn += 1) {
    const text = Array.from(
      { length: 1 + Math.floor(random() * 7) },
      () => pieces[Math.floor(random() * pieces.length)],
    ).join("");
    const read = readJson(text);
    const parsed = accepts(text);
    if (parsed) good += 1;
    if (!read.problem?.message.includes("twice")) assert.equal(parsed, read.root !== undefined, text);
  }

  assert.ok(good > 150);
});

function accepts(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
