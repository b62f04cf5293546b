import assert from "node:assert/strict";
import { test } from "node:test";

import { type Findable, find, markWords, scoreWord } from "../../src/model/finding";

function item(name: string, detail = "", kind = "Tasks"): Findable {
  return { kind, name, detail, href: `/ui/${name}` };
}

function names(text: string, items: readonly Findable[]): string[] {
  return find(text, items).flatMap((group) => group.found.map((found) => found.item.name));
}

test("a name that equals what is typed comes before one that begins with it, then inner words, then inner letters", () => {
  const items = [item("xweb"), item("shop-web"), item("web-1"), item("web")];

  assert.deepEqual(["web", "web-1", "shop-web", "xweb"], names("web", items));
});

test("letters that stand apart are found where there are three or more of them, and worth less than any that stand together", () => {
  assert.deepEqual(["abxc", "a-b-c-d"].sort(), names("abc", [item("a-b-c-d"), item("abxc"), item("acb")]).sort());
  assert.equal(0, scoreWord("ac", "abc"));
  assert.ok(scoreWord("abc", "a-b-c") < scoreWord("abc", "xxabc"));
});

test("every word must be found, each in the name or in what stands beside it", () => {
  const items = [item("web.1", "host-a"), item("web.2", "host-b")];

  assert.deepEqual(["web.2"], names("web host-b", items));
});

test("nothing is found for nothing", () => {
  assert.deepEqual([], find("  ", [item("web")]));
});

test("the group with the best hit comes first, shows its best few, and says how many there are", () => {
  const tasks = Array.from({ length: 20 }, (_, at) => item(`web-task-${at}`));
  const groups = find("web", [...tasks, item("web", "", "Apps")], 3);

  assert.deepEqual(
    ["Apps", "Tasks"],
    groups.map((group) => group.kind),
  );
  assert.deepEqual(
    [1, 20],
    groups.map((group) => group.count),
  );
  assert.deepEqual(
    [1, 3],
    groups.map((group) => group.found.length),
  );
});

test("case says nothing", () => {
  assert.deepEqual(["WebServer"], names("webs", [item("WebServer")]));
});

test("what is found is marked, and only as it stands", () => {
  const marked = [
    { text: "shop_", marked: false },
    { text: "Web", marked: true },
    { text: ".1", marked: false },
  ];

  assert.deepEqual(marked, markWords("shop_Web.1", "web"));
  assert.deepEqual([{ text: "<b>", marked: false }], markWords("<b>", "x"));
});

test("ten thousand tasks are searched in less than ten milliseconds", () => {
  const items = Array.from({ length: 10_000 }, (_, at) =>
    item(`shop_web.instance-${at.toString(16)}-4f2a-11ee.app`, `node${at % 1000}.example.org`),
  );
  const best = ["we", "inst-ff", "node77", "zzz", "shop web"].map((text) =>
    Math.min(...Array.from({ length: 12 }, () => timed(() => find(text, items)))),
  );

  assert.ok(Math.max(...best) < 10, `the slowest of them took ${Math.max(...best)} ms at best`);
});

/** Milliseconds of this process alone: others may keep the machine busy. */
function timed(act: () => unknown): number {
  const begin = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1000;
}
