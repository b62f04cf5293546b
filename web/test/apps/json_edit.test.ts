import assert from "node:assert/strict";
import { test } from "node:test";

import { dropIn, layOut, renameIn, setIn } from "../../src/apps/editor/json_edit";
import type { Path } from "../../src/apps/editor/json_text";

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** The same numbers in every run. */
function dice(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * most);
  };
}

const NAMES = ["id", "cpus", "container", "docker", "8080", "a b", 'q"', "x/y", "__proto__"];

function anything(roll: (most: number) => number, depth: number): Json {
  const kind = roll(depth > 0 ? 7 : 5);
  if (kind === 5) return Array.from({ length: roll(3) }, () => anything(roll, depth - 1));
  if (kind === 6) return object(roll, depth - 1);
  return [null, roll(2) === 1, roll(9) / 4, "text\n{", 12345][kind] as Json;
}

function object(roll: (most: number) => number, depth: number): { [name: string]: Json } {
  const made: { [name: string]: Json } = Object.create(null);
  for (let count = roll(5); count > 0; count -= 1) made[NAMES[roll(NAMES.length)] ?? ""] = anything(roll, depth);
  return made;
}

/** What the change must come to, by plain objects; undefined where the path leads through something else. */
function expected(value: Json | undefined, path: Path, fresh: Json, isRoot = true): Json | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return fresh;
  const holder = value === undefined || (value === null && !isRoot) ? (typeof step === "string" ? {} : []) : value;
  if (typeof holder !== "object" || holder === null || Array.isArray(holder) !== (typeof step === "number"))
    return undefined;
  const copy = (Array.isArray(holder) ? [...holder] : Object.assign(Object.create(null), holder)) as Record<Step, Json>;
  if (typeof step === "number" && step > (holder as Json[]).length) return undefined;
  const made = expected(Object.hasOwn(copy, step) ? copy[step] : undefined, rest, fresh, false);
  if (made === undefined) return undefined;
  copy[step] = made;
  return copy as unknown as Json;
}
type Step = string | number;

function spaced(roll: (most: number) => number, value: Json): string {
  return JSON.stringify(value, null, [0, 1, 2, "\t"][roll(4)]);
}

test("what is set is the old value plus that path, for any value, layout and path", () => {
  const roll = dice(1);
  let changed = 0;
  for (let turn = 0; turn < 4_000; turn += 1) {
    const before = object(roll, 3);
    const text = spaced(roll, before);
    const path = Array.from({ length: 1 + roll(3) }, (_, index) =>
      index > 0 && roll(3) === 0 ? 0 : (NAMES[roll(NAMES.length)] ?? ""),
    );
    const fresh = anything(roll, 1);
    const wanted = expected(before, path, fresh);
    const after = setIn(text, path, JSON.stringify(fresh, null, 2));

    if (wanted === undefined) assert.equal(text, after);
    else assert.equal(JSON.stringify(wanted), JSON.stringify(JSON.parse(after)), `${text} ${JSON.stringify(path)}`);
    changed += wanted === undefined ? 0 : 1;
  }

  assert.ok(changed > 2_000);
});

test("what is set and dropped again leaves the value as it was", () => {
  const roll = dice(2);
  for (let turn = 0; turn < 3_000; turn += 1) {
    const before = object(roll, 3);
    const text = spaced(roll, before);
    const path = ["fresh", ...Array.from({ length: roll(3) }, () => (roll(4) === 0 ? 0 : "inner"))];
    const after = dropIn(setIn(text, path, '"x"'), path, () => false);

    assert.equal(JSON.stringify(before), JSON.stringify(JSON.parse(after)));
  }
});

const WRITTEN = `{
  "id": "/web",
  "cpus": 1.0,   "mem": 64e0,
  "later": {"10": 1, "9": 12345678901234567890},
  "env": {
    "B": "b",
    "A": "a"
  }
}`;

test("numbers, order, spaces and unknown fields of the rest stay to the letter", () => {
  const after = setIn(WRITTEN, ["env", "C"], '"c"');

  assert.equal(WRITTEN.replace('"A": "a"', '"A": "a",\n    "C": "c"'), after);
  assert.equal(WRITTEN.replace("64e0", "32.50"), setIn(WRITTEN, ["mem"], "32.50"));
  assert.equal(
    WRITTEN,
    dropIn(after, ["env", "C"], () => false),
  );
});

test("what is missing on the way is made, by lines", () => {
  const after = setIn('{\n  "id": "/a"\n}', ["container", "docker", "image"], '"b"');

  assert.equal('{\n  "id": "/a",\n  "container": {\n    "docker": {\n      "image": "b"\n    }\n  }\n}', after);
});

test("null counts as absent, and a value that is no object is left alone", () => {
  assert.deepEqual(
    { container: { docker: {} } },
    JSON.parse(setIn('{"container":null}', ["container", "docker"], "{}")),
  );
  assert.equal('{"container":"x"}', setIn('{"container":"x"}', ["container", "docker"], "{}"));
});

test("an object that a person wrote stays when its last field goes, one that the form made goes too", () => {
  const text = '{"id": "/a", "labels": {"a": "b"}}';

  assert.equal(
    '{"id": "/a", "labels": {}}',
    dropIn(text, ["labels", "a"], (above) => above[0] === "labels"),
  );
  assert.equal(
    '{"id": "/a"}',
    dropIn(text, ["labels", "a"], () => false),
  );
});

test("elements of a list go from any place", () => {
  const text = '{"args": ["a", "b", "c"]}';
  const keeps = () => true;

  assert.equal('{"args": ["b", "c"]}', dropIn(text, ["args", 0], keeps));
  assert.equal('{"args": ["a", "c"]}', dropIn(text, ["args", 1], keeps));
  assert.equal('{"args": ["a", "b"]}', dropIn(text, ["args", 2], keeps));
  assert.equal(text, dropIn(text, ["args", 3], keeps));
});

test("a renamed member keeps its place and value, and takes no name of another", () => {
  const text = '{"env": {"A\\"" : 1.0, "B": 2}}';

  assert.equal('{"env": {"C" : 1.0, "B": 2}}', renameIn(text, ["env", 'A"'], "C"));
  assert.equal(text, renameIn(text, ["env", 'A"'], "B"));
});

test("laying out changes neither numbers nor order", () => {
  assert.equal(
    '{\n  "b": 1.0,\n  "a": [1, 2],\n  "c": [\n    {\n      "d": {}\n    }\n  ]\n}',
    layOut('{"b":1.0,"a":[1,2],"c":[{"d":{}}]}'),
  );
  assert.equal("{", layOut("{"));
});
