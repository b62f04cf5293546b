import assert from "node:assert/strict";
import { test } from "node:test";

import { nextSort, parseSort, Sorter, sortRows } from "../../src/model/sorting";

const name = (row: { name: string }) => row.name;

test("text is ordered as people count", () => {
  const rows = ["web.10", "web.2", "Web.1"].map((each) => ({ name: each }));

  assert.deepEqual(["Web.1", "web.2", "web.10"], sortRows(rows, name, false, name).map(name));
});

test("what is unknown comes last in either direction", () => {
  const rows = [{ name: "a" }, { name: "b", size: 1 }, { name: "c", size: 2 }] as { name: string; size?: number }[];

  assert.deepEqual(["b", "c", "a"], sortRows(rows, (row) => row.size, false, name).map(name));
  assert.deepEqual(["c", "b", "a"], sortRows(rows, (row) => row.size, true, name).map(name));
});

test("rows that are equal keep their order by key, whatever order they came in", () => {
  const rows = ["b", "a", "c"].map((each) => ({ name: each }));

  assert.deepEqual(["a", "b", "c"], sortRows(rows, () => 1, false, name).map(name));
  assert.deepEqual(["a", "b", "c"], sortRows(rows, () => 1, true, name).map(name));
});

test("a press on a column sorts by it, a second one turns it round, and a third turns it back", () => {
  assert.equal("name", nextSort(parseSort(""), "name"));
  assert.equal("-name", nextSort(parseSort("name"), "name"));
  assert.equal("name", nextSort(parseSort("-name"), "name"));
});

test("of rows that are sorted again only those that came or changed are looked at", () => {
  const sorter = new Sorter<{ name: string }>();
  const rows = Array.from({ length: 1000 }, (_, index) => ({ name: `t${index}` }));
  const looked: string[] = [];
  const watched = (row: { name: string }) => {
    looked.push(row.name);
    return row.name;
  };
  sorter.sort(rows, watched, false, name);
  looked.length = 0;
  const later = [{ name: "t500.5" }, ...rows.filter((row) => row.name !== "t7"), { name: "a" }];

  assert.deepEqual(sortRows(later, name, false, name), sorter.sort(later, watched, false, name));
  assert.deepEqual(["t500.5", "a"], looked);
});

test("another column or direction sorts everything anew", () => {
  const sorter = new Sorter<{ name: string; size: number }>();
  const rows = [
    { name: "a", size: 2 },
    { name: "b", size: 1 },
  ];
  const size = (row: { size: number }) => row.size;

  assert.deepEqual(["a", "b"], sorter.sort(rows, name, false, name).map(name));
  assert.deepEqual(["b", "a"], sorter.sort(rows, size, false, name).map(name));
  assert.deepEqual(["a", "b"], sorter.sort(rows, size, true, name).map(name));
});
