import assert from "node:assert/strict";
import { test } from "node:test";

import { readTaskId, sandboxPath, shortId } from "../../src/apps/task_ids";

const INSTANCE = "shop_web.instance-0a1b2c3d-1111-11f1-8000-0242ac110002";

test("a task of an app has a sandbox of its own", () => {
  assert.deepEqual({ instance: INSTANCE, attempt: 2 }, readTaskId(`${INSTANCE}._app.2`));
  assert.equal(`/frameworks/F/executors/${INSTANCE}._app.2/runs/latest`, sandboxPath("F", `${INSTANCE}._app.2`));
});

test("containers of a pod lie below their executor, which later launches number", () => {
  const executor = "instance-shop_web.0a1b2c3d-1111-11f1-8000-0242ac110002";

  assert.equal("proxy", readTaskId(`${INSTANCE}.proxy.1`)?.container);
  assert.equal(
    `/frameworks/F/executors/${executor}/runs/latest/tasks/${INSTANCE}.proxy.1`,
    sandboxPath("F", `${INSTANCE}.proxy.1`),
  );
  assert.equal(
    `/frameworks/F/executors/${executor}.3/runs/latest/tasks/${INSTANCE}.proxy.3`,
    sandboxPath("F", `${INSTANCE}.proxy.3`),
  );
});

test("ids of another make are taken as they are", () => {
  assert.equal(undefined, readTaskId("job-7"));
  assert.deepEqual(
    ["job-7", "0a1b2c3d-0002", "0a1b2c3d-0002"],
    [shortId("job-7"), shortId(INSTANCE), shortId(`${INSTANCE}._app.1`)],
  );
});
