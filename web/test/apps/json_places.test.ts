import assert from "node:assert/strict";
import { test } from "node:test";

import { fieldFor, placeOf, stepsOf } from "../../src/apps/editor/json_places";

const TEXT = `{
  "id": "/a",
  "container": {
    "volumes": [
      {"hostPath": "/x"},
      {
        "hostPath": "/y"
      }
    ]
  },
  "env": {
    "A/B": 1,
    "A": {"secret": "x"},
    "N(1)": 2
  },
  "constraints": [
    ["a",
     "b"]
  ]
}`;

test("a complaint is found at the line of its field", () => {
  const cases: readonly [string, number][] = [
    ["/", 1],
    ["", 1],
    ["/id", 2],
    ["/container/volumes(0)/hostPath", 5],
    ["/container/volumes(1)/hostPath", 7],
    ["/container/volumes/1/hostPath", 7],
    ["/env/A/B", 12],
    ["/env/A/secret", 13],
    ["/env/N(1)", 14],
    ["/constraints(0)(1)", 18],
    ["container.volumes", 1],
  ];
  for (const [path, line] of cases) assert.equal(line, placeOf(TEXT, path)?.line, path);
});

test("a complaint of what is missing is shown where it would be", () => {
  const place = placeOf(TEXT, "/container/docker/image");

  assert.deepEqual([3, ["container"]], [place?.line, place?.path]);
});

test("a list of apps is walked by its index", () => {
  assert.equal(3, placeOf('[\n{"id": "/a"},\n{"id": 1}]', "(1)/id")?.line);
  assert.equal(undefined, placeOf("[", "(1)/id"));
});

test("a path has steps even where the text has nothing", () => {
  assert.deepEqual(["container", "volumes", 0, "hostPath"], stepsOf("/container/volumes(0)/hostPath"));
  assert.deepEqual([], stepsOf("/"));
});

test("a complaint goes to its field, to what holds it, or to the first field inside", () => {
  const fields = [["id"], ["env"], ["container", "type"], ["container", "docker", "image"]];

  assert.deepEqual(["id"], fieldFor(["id"], fields));
  assert.deepEqual(["env"], fieldFor(["env", "A", "secret"], fields));
  assert.deepEqual(["container", "docker", "image"], fieldFor(["container", "docker"], fields));
  assert.equal(undefined, fieldFor([], fields));
  assert.equal(undefined, fieldFor(["fetch"], fields));
});
