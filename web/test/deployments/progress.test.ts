import assert from "node:assert/strict";
import { test } from "node:test";

import {
  actionWord,
  appsText,
  findDeployments,
  progressParts,
  progressText,
  progressTotal,
  stepState,
  stopEffect,
  undoEffect,
  whyTexts,
} from "../../src/deployments/progress";
import type { DeploymentRow } from "../../src/model/rows";

const DEPLOYMENT: DeploymentRow = {
  id: "d1",
  version: "2026-01-01T00:00:00.000Z",
  began: 5,
  apps: ["/web", "/db"],
  steps: [{ actions: [] }, { actions: [] }, { actions: [] }],
  step: 2,
  why: [],
  progress: [],
};
const UPGRADE = { app: "/web", wanted: 3, running: 2, ready: 1, old: 2 };

test("steps before the one under way are done, those after it are to come", () => {
  assert.deepEqual(
    [1, 2, 3].map((number) => stepState(DEPLOYMENT, number)),
    ["done", "under way", "to come"],
  );
});

test("actions of apps and pods have one word", () => {
  assert.deepEqual(["RestartApplication", "ScalePod"].map(actionWord), ["Restart", "Scale"]);
});

test("an upgrade shows new ones that are ready, new ones that are not, and old ones", () => {
  assert.deepEqual(
    progressParts(UPGRADE).map(({ value }) => value),
    [1, 1, 2],
  );
  assert.equal(progressTotal(UPGRADE), 4);
  assert.equal(progressText(UPGRADE), "1 of 3 ready, 2 of the old version left");
});

test("a removal tells what is left", () => {
  assert.equal(progressText({ app: "/a", wanted: 0, running: 0, ready: 0, old: 2 }), "2 of the old version left");
  assert.equal(progressText({ app: "/a", wanted: 0, running: 0, ready: 0, old: 0 }), "nothing is left");
});

test("apps are told by the first and how many more", () => {
  assert.equal(appsText(["/web"]), "/web");
  assert.equal(appsText(["/web", "/db"]), "/web and 1 more");
});

test("what undoing and stopping come to is said before", () => {
  assert.match(undoEffect(DEPLOYMENT), /^Stops it and starts another deployment, which brings \/web and 1 more back/);
  assert.match(stopEffect(DEPLOYMENT), /^Stops it at step 2 of 3 and undoes nothing\. 1 further step is not taken\./);
  assert.doesNotMatch(stopEffect({ ...DEPLOYMENT, step: 3 }), /not taken/);
});

test("sentences name the app only where there are several", () => {
  const why = ["/web: 1 of 3 ready"];

  assert.deepEqual(whyTexts({ ...DEPLOYMENT, why }), why);
  assert.deepEqual(whyTexts({ ...DEPLOYMENT, apps: ["/web"], why }), ["1 of 3 ready"]);
});

test("deployments are found by id and app, the oldest first", () => {
  const newer = { ...DEPLOYMENT, id: "d2", began: 9, apps: ["/other"] };

  assert.deepEqual(
    findDeployments([newer, DEPLOYMENT], "").map(({ id }) => id),
    ["d1", "d2"],
  );
  assert.deepEqual(
    findDeployments([newer, DEPLOYMENT], "OTHER").map(({ id }) => id),
    ["d2"],
  );
});
