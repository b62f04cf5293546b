import assert from "node:assert/strict";
import test from "node:test";

import { DEAD, HIDDEN_LINGER, Hub, LINGER } from "../../src/live/hub";
import type { FromWorker } from "../../src/live/protocol";

class Tab {
  readonly said: FromWorker[] = [];

  post(message: FromWorker): void {
    this.said.push(message);
  }

  /** The keys that it was told since it was asked last, by table. */
  heard(): Record<string, string[]> {
    const found: Record<string, string[]> = {};
    for (const message of this.said.splice(0)) {
      if (message.kind !== "deltas") continue;
      for (const delta of message.deltas)
        found[delta.table] = [...Object.keys(delta.put), ...delta.gone.map((k) => `-${k}`)];
    }
    return found;
  }
}

const rows = (table: string, put: Record<string, unknown>, gone: string[] = []) => ({
  table,
  position: "T-1",
  reset: false,
  put,
  gone,
});

function setUp(): { hub: Hub; tab: Tab } {
  const hub = new Hub();
  const tab = new Tab();
  hub.hear(tab, { kind: "want", tables: { tasks: "" } }, 0);
  return { hub, tab };
}

test("the stream carries what all tabs want together", () => {
  const { hub, tab } = setUp();
  hub.hear(new Tab(), { kind: "want", tables: { agents: "", tasks: "" } }, 0);
  hub.hear(tab, { kind: "want", tables: { apps: "" } }, 1);

  assert.deepEqual(["agents", "apps", "tasks"], [...hub.wanted(1).keys()].sort());
});

test("a table goes on for a while when nobody wants it, and comes back at once", () => {
  const { hub, tab } = setUp();
  hub.wanted(0);
  hub.take(rows("tasks", { a: 1 }));
  hub.hear(tab, { kind: "want", tables: {} }, 10);

  assert.deepEqual(["tasks"], [...hub.wanted(LINGER - 1).keys()]);
  hub.hear(tab, { kind: "want", tables: { tasks: "" } }, LINGER - 1);
  hub.flush();
  assert.deepEqual({ tasks: ["a"] }, tab.heard());
});

test("a table that nobody wants is forgotten after half a minute", () => {
  const { hub, tab } = setUp();
  hub.wanted(0);
  hub.take(rows("tasks", { a: 1 }));
  hub.hear(tab, { kind: "want", tables: {} }, 10);
  hub.tidy(LINGER);

  assert.deepEqual([], [...hub.wanted(LINGER).keys()]);
  hub.hear(tab, { kind: "want", tables: { tasks: "" } }, LINGER);
  hub.flush();
  assert.deepEqual({}, tab.heard());
  assert.equal("", hub.wanted(LINGER).get("tasks"));
});

test("a hidden tab gets nothing, and on return what changed meanwhile", () => {
  const { hub, tab } = setUp();
  hub.take(rows("tasks", { a: 1, b: 1, c: 1 }));
  hub.flush();
  tab.heard();
  hub.hear(tab, { kind: "hidden", is: true }, 1);
  hub.take(rows("tasks", { a: 2 }));
  hub.take(rows("tasks", { a: 3 }, ["b"]));
  hub.flush();

  assert.deepEqual({}, tab.heard());
  hub.hear(tab, { kind: "hidden", is: false }, 2);
  hub.flush();
  assert.deepEqual({ tasks: ["a", "-b"] }, tab.heard());
});

test("the stream ends when all tabs have been hidden for a while, and goes on where it was", () => {
  const { hub, tab } = setUp();
  hub.wanted(0);
  hub.take({ ...rows("tasks", { a: 1 }), position: "T-17" });
  hub.hear(tab, { kind: "hidden", is: true }, 0);

  assert.equal(0, hub.wanted(HIDDEN_LINGER).size);
  hub.tidy(HIDDEN_LINGER + LINGER);
  hub.hear(tab, { kind: "hidden", is: false }, HIDDEN_LINGER + LINGER);
  assert.equal("T-17", hub.wanted(HIDDEN_LINGER + LINGER).get("tasks"));
});

test("a tab is told nothing twice", () => {
  const { hub, tab } = setUp();
  hub.take(rows("tasks", { a: 1 }));
  hub.flush();
  tab.heard();
  hub.hear(tab, { kind: "want", tables: { tasks: "" } }, 1);
  hub.flush();

  assert.deepEqual({}, tab.heard());
});

test("a tab that left is told nothing; one that died is forgotten", () => {
  const { hub, tab } = setUp();
  const dead = new Tab();
  hub.hear(dead, { kind: "want", tables: { tasks: "" } }, 0);
  hub.hear(tab, { kind: "closed" }, 1);
  hub.tidy(DEAD);
  hub.take(rows("tasks", { a: 1 }));
  hub.flush();

  assert.deepEqual([{}, {}], [tab.heard(), dead.heard()]);
});

test("tables that are out are told with the reason, until rows of them come", () => {
  const { hub, tab } = setUp();
  hub.takeOut(["tasks", "apps"], "no Marathon answers");
  hub.flush();
  hub.take(rows("apps", {}));
  hub.flush();
  const told = tab.said.flatMap((message) => (message.kind === "link" ? [message.link.out] : []));

  assert.deepEqual(
    [{ tasks: "no Marathon answers", apps: "no Marathon answers" }, { tasks: "no Marathon answers" }],
    told,
  );
});

test("how the link stands is told once", () => {
  const { hub, tab } = setUp();
  hub.setLink("broken", 5, "nobody answers");
  hub.flush();
  hub.flush();

  assert.deepEqual([{ kind: "link", link: { phase: "broken", since: 5, why: "nobody answers", out: {} } }], tab.said);
});
