import assert from "node:assert/strict";
import { test } from "node:test";

import { flatRows, instancesText, matches, totalsOf, treeRows } from "../../src/apps/tree";
import type { AppRow } from "../../src/model/rows";

function app(id: string, more: Partial<AppRow> = {}): AppRow {
  return {
    id,
    kind: "app",
    status: "Running",
    instances: 2,
    running: 2,
    staged: 0,
    healthy: 0,
    unhealthy: 0,
    unknown: 2,
    is_checked: false,
    resources: { cpus: 0.5, mem: 64 },
    runs: "sleep 100",
    labels: {},
    role: "*",
    version: "",
    configured: "",
    ...more,
  };
}

const ANY = { search: "", status: "", label: "", health: "" };

test("apps stand below their groups, groups first and by name as people count", () => {
  const apps = [app("/web"), app("/shop/web10"), app("/shop/web2"), app("/shop/db/main")];
  const rows = treeRows(apps, [], () => true);

  assert.deepEqual(
    ["0 shop", "1 db", "2 main", "1 web2", "1 web10", "0 web"],
    rows.map(({ depth, name }) => `${depth} ${name}`),
  );
});

test("a folded group says what all below it comes to", () => {
  const apps = [
    app("/shop/a", { status: "Waiting", running: 1, unknown: 1 }),
    app("/shop/db/b", { instances: 3, staged: 1 }),
  ];
  const [shop, ...rest] = treeRows(apps, [], (id) => id !== "/shop");

  assert.deepEqual([], rest);
  assert.deepEqual({ Waiting: 1 }, shop?.statuses);
  assert.deepEqual(
    {
      apps: 2,
      wanted: 5,
      running: 3,
      healthy: 0,
      unhealthy: 0,
      unknown: 0,
      unchecked: 3,
      staged: 1,
      waiting: 1,
      over: 0,
      cpus: 2.5,
      mem: 320,
    },
    shop?.totals,
  );
});

test("groups without an app are there", () => {
  const rows = treeRows(
    [],
    [
      { id: "/", version: "", dependencies: [] },
      { id: "/a/b", version: "", dependencies: ["/c"] },
    ],
    () => true,
  );

  assert.deepEqual(
    ["/a", "/a/b"],
    rows.map(({ id }) => id),
  );
  assert.deepEqual(["/c"], rows[1]?.dependencies);
});

test("what is neither running nor staged is said to be not launched", () => {
  const totals = totalsOf(app("/a", { instances: 4, running: 2, staged: 1 }));

  assert.equal("2 running of 4, 1 staged, 1 not launched", instancesText(totals));
});

test("instances beyond those wanted are told apart, and none is counted twice", () => {
  const totals = totalsOf(app("/a", { is_checked: true, instances: 2, running: 3, staged: 1, healthy: 2, unknown: 1 }));

  assert.deepEqual([2, 0, 0, 0, 2], [totals.healthy, totals.unknown, totals.unchecked, totals.staged, totals.over]);
});

test("a search wants all its words, anywhere in id, image or labels", () => {
  const shown = app("/shop/web", { runs: "koinon/busybox", labels: { team: "Blue" } });

  assert.ok(matches(shown, { ...ANY, search: "SHOP busybox team=blue" }));
  assert.ok(!matches(shown, { ...ANY, search: "shop red" }));
});

test("status, label and health each narrow the list", () => {
  const sick = app("/a", {
    status: "Deploying",
    labels: { team: "x" },
    is_checked: true,
    healthy: 1,
    unhealthy: 1,
    unknown: 0,
  });

  assert.ok(matches(sick, { ...ANY, status: "Deploying", label: "team", health: "unhealthy" }));
  assert.ok(matches(sick, { ...ANY, label: "team=x" }));
  assert.ok(!matches(sick, { ...ANY, label: "tea" }));
  assert.ok(!matches(sick, { ...ANY, health: "healthy" }));
  assert.ok(!matches(sick, { ...ANY, status: "Running" }));
  assert.ok(matches(app("/b"), { ...ANY, health: "unchecked" }));
});

test("the flat list has whole ids", () => {
  assert.deepEqual(
    ["/shop/web"],
    flatRows([app("/shop/web")]).map(({ name }) => name),
  );
});
