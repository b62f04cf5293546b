import assert from "node:assert/strict";
import { test } from "node:test";

import {
  append,
  draftProblems,
  type Field,
  open,
  remove,
  rename,
  show,
  showName,
  type,
} from "../../src/apps/editor/document";

const CPUS: Field = { path: ["cpus"], label: "CPUs", kind: "number" };
const IMAGE: Field = { path: ["container", "docker", "image"], label: "Image", kind: "text" };
const ARGS: Field = { path: ["args"], label: "Arguments", kind: "lines" };
const FLAG: Field = { path: ["requirePorts"], label: "Ports", kind: "flag" };

test("a field shows the JSON's value, numbers as they are written", () => {
  const document = open(
    '{"cpus": 1.50, "args": ["a", "b"], "container": {"docker": {"image": "x"}}, "requirePorts": true}',
  );

  assert.deepEqual(
    ["1.50", "a\nb", "x", "true"],
    [CPUS, ARGS, IMAGE, FLAG].map((field) => show(document, field).typed),
  );
});

test("typing changes that path alone, and emptying it leaves nothing behind", () => {
  const before = open('{\n  "later": 1.0\n}');
  const after = type(type(before, IMAGE, "x"), CPUS, "0.10");

  assert.deepEqual({ later: 1, container: { docker: { image: "x" } }, cpus: 0.1 }, JSON.parse(after.text));
  assert.equal(before.text, type(type(after, IMAGE, ""), CPUS, "").text);
});

test("a half-typed number is kept as typed and told, and the JSON stays", () => {
  const half = type(open('{"cpus": 1}'), CPUS, "1.");

  assert.deepEqual(["1.", '{"cpus": 1}'], [show(half, CPUS).typed, half.text]);
  assert.deepEqual([{ path: "/cpus", message: '"1.": a number, such as 0.5' }], draftProblems(half));
  assert.deepEqual([], draftProblems(type(half, CPUS, "1.5")));
});

test("what is half typed gives way once the JSON beneath it is another", () => {
  const half = type(open('{"cpus": 1}'), CPUS, "1.");
  const elsewhere = { ...half, text: '{"cpus": 1, "mem": 2}' };
  const changed = { ...half, text: '{"cpus": 2}' };

  assert.equal("1.", show(elsewhere, CPUS).typed);
  assert.deepEqual(["2", 0], [show(changed, CPUS).typed, draftProblems(changed).length]);
});

test("a line that is begun is shown, not sent", () => {
  const begun = type(open("{}"), ARGS, "a\n");

  assert.equal("a\n", show(begun, ARGS).typed);
  assert.deepEqual({ args: ["a"] }, JSON.parse(begun.text));
});

test("a box that was never there goes when it is unchecked; one that was written becomes false", () => {
  assert.equal("{}", type(type(open("{}"), FLAG, "true"), FLAG, "false").text);
  assert.equal('{"requirePorts": false}', type(open('{"requirePorts": true}'), FLAG, "false").text);
});

test("what the form has no field for is shown as it is, and told", () => {
  assert.deepEqual({ typed: '{"secret":"x"}', isForeign: true }, show(open('{"cpus":{"secret":"x"}}'), CPUS));
});

test("rows come and go; a row whose fields are emptied stays", () => {
  const ports = ["container", "portMappings"];
  const added = append(open("{}"), [...ports, 0], '{"containerPort": 0}');
  const emptied = type(added, { path: [...ports, 0, "containerPort"], label: "", kind: "number" }, "");

  assert.deepEqual({ container: { portMappings: [{}] } }, JSON.parse(emptied.text));
  assert.deepEqual({}, JSON.parse(remove(emptied, [...ports, 0]).text));
});

test("a name on the way through another's stays half typed, and none is lost", () => {
  const before = open('{"env": {"FOO": "1", "B": "2"}}');
  const half = rename(before, ["env", "B"], 1, "FOO");
  const done = rename(half, ["env", "B"], 1, "FOOD");

  assert.deepEqual(
    ["FOO", "stands here already"],
    [showName(half, ["env", "B"], 1).typed, showName(half, ["env", "B"], 1).problem],
  );
  assert.equal(1, draftProblems(half).length);
  assert.deepEqual({ env: { FOO: "1", FOOD: "2" } }, JSON.parse(done.text));
});
