import assert from "node:assert/strict";
import { test } from "node:test";

import { canonical, changes, changeText, diffLines, foldLines } from "../../src/apps/differences";

test("changed, new and removed fields are told by path, in words", () => {
  const old = { version: "1", cpus: 1, env: { A: "a", B: "b" }, constraints: [["a", "UNIQUE"]], args: ["x"] };
  const fresh = { version: "2", cpus: 2, env: { A: "a", C: "" }, constraints: [["a", "CLUSTER"]], args: ["x", "y"] };

  assert.deepEqual(
    [
      "cpus 1 → 2",
      "env.B removed (was b)",
      'env.C set to ""',
      "constraints[0][1] UNIQUE → CLUSTER",
      'args ["x"] → ["x","y"]',
    ],
    changes(old, fresh).map(changeText),
  );
  assert.deepEqual([], changes(old, { ...old, version: "9", versionInfo: {} }));
});

test("a version below the top is somebody's own field", () => {
  assert.equal(1, changes({ env: { version: "1" } }, { env: { version: "2" } }).length);
});

test("canonical JSON does not depend on the order of names", () => {
  assert.equal(canonical({ b: 1, a: { d: 1.0, c: 2 } }), canonical({ a: { c: 2, d: 1 }, b: 1 }));
});

function shown(old: string, fresh: string): string {
  return diffLines(old, fresh)
    .map(({ kind, text }) => `${{ same: " ", out: "-", in: "+" }[kind]}${text}`)
    .join("|");
}

test("lines are compared by their longest common subsequence, what goes before what comes", () => {
  assert.equal(" a|-b|+x| c", shown("a\nb\nc", "a\nx\nc"));
  assert.equal("-a| b| c|+d", shown("a\nb\nc", "b\nc\nd"));
  assert.equal(" a", shown("a", "a"));
});

test("both sides can be had back from a diff, with the right numbers", () => {
  let seed = 3;
  const roll = (most: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 4294967296) * most);
  };
  for (let turn = 0; turn < 500; turn += 1) {
    const side = () => Array.from({ length: 1 + roll(12) }, () => "abc"[roll(3)]).join("\n");
    const [old, fresh] = [side(), side()];
    const lines = diffLines(old, fresh);

    assert.equal(
      old,
      lines
        .filter(({ kind }) => kind !== "in")
        .map(({ text }) => text)
        .join("\n"),
    );
    assert.equal(
      fresh,
      lines
        .filter(({ kind }) => kind !== "out")
        .map(({ text }) => text)
        .join("\n"),
    );
    assert.deepEqual(
      old.split("\n").map((_, index) => index + 1),
      lines.flatMap((line) => line.old ?? []),
    );
    assert.deepEqual(
      fresh.split("\n").map((_, index) => index + 1),
      lines.flatMap((line) => line.fresh ?? []),
    );
  }
});

test("huge texts are compared in bounded memory", () => {
  const side = (word: string) => Array.from({ length: 3000 }, (_, index) => `${word}${index}`).join("\n");

  assert.equal(6000, diffLines(side("a"), side("b")).length);
});

test("equal lines far from a change are folded", () => {
  const old = Array.from({ length: 20 }, (_, index) => `${index}`);
  const fresh = old.with(10, "x");
  const parts = foldLines(diffLines(old.join("\n"), fresh.join("\n")));

  assert.deepEqual(
    [[7], 8, [6]],
    parts.map((part) => (part.folded ? [part.folded.length] : part.lines.length)),
  );
});
