import assert from "node:assert/strict";
import test from "node:test";

import type { FrameworkRow, InstanceRow, TaskRow } from "../../src/model/rows";
import { endingOf, killEffect, killPath } from "../../src/tasks/ending";

const task = { id: "web.1", framework: "F", state: "TASK_RUNNING" } as TaskRow;
const framework = { id: "F", name: "paint" } as FrameworkRow;
const instance = { id: "web.instance-1", app: "/web", tasks: ["web.1"] } as unknown as InstanceRow;
const killing = { scale: false, wipe: false };

test("a task of Marathon's is killed by Marathon", () => {
  assert.deepEqual(
    { by: "marathon", app: "/web", instance: "web.instance-1", tasks: ["web.1"] },
    endingOf(task, framework, instance),
  );
});

test("of another framework's task the page says who can end it", () => {
  const ending = endingOf(task, framework, undefined);

  assert.equal("framework", ending.by);
  assert.match("sentence" in ending ? ending.sentence : "", /framework paint .* [Tt]eardown .* draining/);
});

test("what is over can't be ended", () => {
  assert.equal("nobody", endingOf({ ...task, state: "TASK_FAILED" }, framework, instance).by);
});

test("the effect says whether another is started, and that a pod ends as a whole", () => {
  const ending = { by: "marathon" as const, app: "/web", instance: "i", tasks: ["a", "b"] };

  assert.match(killEffect(ending, killing), /2 tasks.*Another instance of \/web/);
  assert.match(killEffect(ending, { ...killing, scale: true }), /one instance less/);
  assert.match(killEffect(ending, { ...killing, wipe: true }), /deleted/);
});

test("the order says both options", () => {
  assert.equal("marathon/v2/tasks/delete?scale=true&wipe=false", killPath({ scale: true, wipe: false }));
});
