import assert from "node:assert/strict";
import { test } from "node:test";

import { open, setText, type } from "../../src/apps/editor/document";
import { byElement, byLine, complaintsOf, findings } from "../../src/apps/editor/editing";
import { elementFor } from "../../src/apps/editor/form_fields";

const TEXT = `{
  "id": "/A",
  "container": {
    "volumes": [{"mode": "RX"}]
  }
}`;

test("a complaint is shown at its line and at its field, and of a list of one the list is left out", () => {
  const problems = [
    { path: "(0)/container/volumes(0)/mode", message: "unknown" },
    { path: "/apps(0)/id", message: "not so" },
  ];
  const found = findings(open(TEXT), complaintsOf(TEXT, problems, true));

  assert.deepEqual(["id: not so", "container/volumes(0)/mode: unknown"], [...byLine(found).values()]);
  assert.deepEqual([2, 4], [...byLine(found).keys()]);
  assert.deepEqual(["id", "container/volumes/0/mode"], [...byElement(found).keys()]);
});

test("a complaint holds until what it was about is changed", () => {
  const complaints = complaintsOf(TEXT, [{ path: "/id", message: "not so" }], true);
  const elsewhere = setText(open(TEXT), TEXT.replace("RX", "RW"));
  const there = setText(open(TEXT), TEXT.replace("/A", "/a"));

  assert.deepEqual([1, 0], [findings(elsewhere, complaints).length, findings(there, complaints).length]);
});

test("a text that can't be read has that mistake alone", () => {
  const found = findings(open(`${TEXT}}`), complaintsOf(TEXT, [{ path: "/id", message: "not so" }], true));

  assert.deepEqual([{ line: 6, message: "nothing may follow the end of the value" }], found);
});

test("what is half typed stands with the server's complaints, by line", () => {
  const half = type(open('{"id": "/a",\n"cpus": 1}'), { path: ["cpus"], label: "CPUs", kind: "number" }, "x");
  const found = findings(half, complaintsOf(half.text, [{ path: "/", message: "no command" }], true));

  assert.deepEqual(
    ["no command", '"x": a number, such as 0.5'],
    found.map(({ message }) => message),
  );
  assert.deepEqual(
    [undefined, "cpus"],
    found.map(({ element }) => element),
  );
});

test("a complaint goes to the cell of a list, the value of a map, or what holds it", () => {
  assert.equal("container/portMappings/1/hostPort", elementFor(["container", "portMappings", 1, "hostPort"]));
  assert.equal("healthChecks/0/command/value", elementFor(["healthChecks", 0, "command"]));
  assert.equal("container/portMappings", elementFor(["container", "portMappings"]));
  assert.equal("container/portMappings", elementFor(["container", "portMappings", 1, "labels"]));
  assert.equal("env/A", elementFor(["env", "A", "secret"]));
  assert.equal("constraints/2/1", elementFor(["constraints", 2, 1]));
  assert.equal(undefined, elementFor(["fetch", 0, "uri"]));
});
