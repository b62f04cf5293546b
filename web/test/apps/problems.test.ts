/** Bodies as Marathon sends them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { problemsOf } from "../../src/apps/problems";

test("a field of the wrong type is told at its path, in words", () => {
  const body = {
    message: "Invalid JSON",
    details: [{ path: "/mem", errors: ["error.expected.jsnumber"], meanings: ["must be a number"] }],
  };

  assert.deepEqual(problemsOf(body), [{ path: "/mem", message: "must be a number" }]);
});

test("a rule of Marathon's is told in its own words, each complaint by itself", () => {
  const said = "operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS";
  const body = { message: "Object is not valid", details: [{ path: "/constraints(0)", errors: [said, "another"] }] };

  assert.deepEqual(problemsOf(body), [
    { path: "/constraints(0)", message: said },
    { path: "/constraints(0)", message: "another" },
  ]);
});

test("a place inside of a list keeps its number", () => {
  const body = {
    message: "Invalid JSON",
    details: [{ path: "(0)/cpus", errors: ["error.min"], meanings: ["must be 0.001 or more"] }],
  };

  assert.deepEqual(problemsOf(body), [{ path: "(0)/cpus", message: "must be 0.001 or more" }]);
});

test("what concerns the whole has the path of the whole", () => {
  const body = {
    message: "Invalid JSON",
    details: [{ path: "", errors: ["error.expected.jsobject"], meanings: ["must be an object"] }],
  };

  assert.deepEqual(problemsOf(body), [{ path: "/", message: "must be an object" }]);
});

test("JSON that can't be read is told with its line and column", () => {
  const said = "unexpected character, expected ',' or '}': line 2 column 13 (char 25)";

  assert.deepEqual(problemsOf({ message: "Invalid JSON", details: said }), [{ path: "/", message: said }]);
});

for (const body of [
  null,
  "Bad Gateway",
  {},
  { message: "App is locked by one or more deployments." },
  { details: [] },
  { details: [null, { path: "/id" }, { path: "/id", errors: "no list" }] },
]) {
  test(`a body without places tells none: ${JSON.stringify(body)}`, () => {
    assert.deepEqual(problemsOf(body), []);
  });
}
