import assert from "node:assert/strict";
import { test } from "node:test";

import { editable, idPath, planBody, readDefinition, sending } from "../../src/apps/definitions";

function read(text: string) {
  const found = readDefinition(text);
  assert.ok("kind" in found, JSON.stringify(found));
  return found;
}

test("apps, lists of them, groups and pods are told apart by their fields", () => {
  assert.deepEqual(["app", ["/a"]], [read('{"id": "a"}').kind, read('{"id": "a"}').ids]);
  assert.deepEqual(
    ["apps", ["/a", "/b"]],
    [read('[{"id":"/a"},{"id":"b/"}]').kind, read('[{"id":"/a"},{"id":"b/"}]').ids],
  );
  assert.equal("group", read('{"id": "/g", "apps": []}').kind);
  assert.equal("group", read('{"groups": []}').kind);
  assert.equal("pod", read('{"id": "/p", "containers": []}').kind);
});

test("what Marathon answers is taken without its wrapper", () => {
  const one = read('{"app": {"id": "/a", "cpus": 1.0}}');
  const many = read('{\n "apps": [{"id": "/a"}, {"id": "/b"}]}');

  assert.deepEqual(["app", '{"id": "/a", "cpus": 1.0}'], [one.kind, one.text]);
  assert.deepEqual(["apps", 1], [many.kind, many.line]);
});

test("what can't be sent is told with its line", () => {
  assert.deepEqual(
    { line: 2, message: "the id is missing: a text such as /shop/web" },
    readDefinition('\n{"cpus": 1}'),
  );
  assert.deepEqual({ line: 3, message: "this app has no id" }, readDefinition('[\n{"id": "/a"},\n{}]'));
  assert.deepEqual(
    { line: 1, message: "a list may hold apps alone" },
    readDefinition('[{"id": "/a", "containers": []}]'),
  );
  assert.deepEqual({ line: 1, message: "the list is empty" }, readDefinition("[]"));
  assert.deepEqual({ line: 1, message: "a definition is a JSON object, or a list of apps" }, readDefinition("3"));
  assert.deepEqual(2, (readDefinition("{\n x}") as { line: number }).line);
});

test("each kind goes to its own endpoint, as it was written", () => {
  const app = read('{"id": "/a b", "cpus": 1.0}');

  assert.deepEqual({ method: "POST", path: "v2/apps", text: app.text }, sending(app, true));
  assert.equal("v2/apps/a%20b?partialUpdate=false&force=true", sending(app, false, "true").path);
  assert.equal("v2/apps?partialUpdate=false", sending(read('[{"id": "/a"}]'), true).path);
  assert.deepEqual(["POST", "v2/pods"], pick(sending(read('{"id": "p", "containers": []}'), true)));
  assert.deepEqual(
    ["PUT", "v2/pods/p?force=true"],
    pick(sending(read('{"id": "p", "containers": []}'), false, "true")),
  );
  assert.deepEqual(["PUT", "v2/groups/g"], pick(sending(read('{"id": "/g", "apps": []}'), true)));
});

function pick({ method, path }: { method: string; path: string }): string[] {
  return [method, path];
}

test("a plan is asked for with the text as it is", () => {
  assert.equal('{"apps":[{"id": "a", "mem": 1.0}],"agents":[]}', planBody(read('{"id": "a", "mem": 1.0}'), []));
  assert.equal(
    '{"pod":{"id": "p", "containers": []},"agents":[{"a":1}]}',
    planBody(read('{"id": "p", "containers": []}'), [{ a: 1 }]),
  );
});

test("an answer is shown for change without what nobody defines", () => {
  const text = editable({
    id: "/a",
    version: "2026",
    env: { version: "1" },
    tasksRunning: 1,
    deployments: [],
    labels: {},
  });

  assert.deepEqual({ id: "/a", env: { version: "1" }, labels: {} }, JSON.parse(text));
});

test("ids become paths part by part", () => {
  assert.equal("/shop/a%3Fb", idPath("/shop/a?b"));
  assert.equal("", idPath("/"));
});
