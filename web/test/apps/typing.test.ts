import assert from "node:assert/strict";
import { test } from "node:test";

import { typeKey } from "../../src/apps/editor/typing";

/** The text with `|` at the cursor, or two of them around a selection. */
function press(shown: string, key: string, shift = false): string | undefined {
  const from = shown.indexOf("|");
  const to = Math.max(from, shown.lastIndexOf("|") - 1);
  const typed = typeKey({ text: shown.replaceAll("|", ""), from, to }, key, shift);
  if (typed === undefined) return undefined;
  const { text } = typed;
  const selected = typed.from === typed.to ? "|" : `|${text.slice(typed.from, typed.to)}|`;
  return text.slice(0, typed.from) + selected + text.slice(typed.to);
}

test("Tab indents, and takes the place of a selection within a line", () => {
  assert.equal('{\n  |"a"', press('{\n|"a"', "Tab"));
  assert.equal("a  |d", press("a|bc|d", "Tab"));
});

test("Tab moves all selected lines, Shift-Tab takes one step away", () => {
  assert.equal("  a\n  |b\n\n  c|\nd", press("  a\n|b\n\nc|\nd", "Tab"));
  assert.equal("|b\nc|\nd", press("|  b\n c|\nd", "Tab", true));
  assert.equal("a\n|b", press("a\n|  b", "Tab", true));
});

test("a new line keeps the depth, and goes one deeper after an open bracket", () => {
  assert.equal('  "a": 1,\n  |', press('  "a": 1,|', "Enter"));
  assert.equal('  "a": {\n    |\n  }', press('  "a": {|}', "Enter"));
  assert.equal("{\n  |\n}", press("{|\n}", "Enter"));
});

test("a bracket that closes goes to the line that opened it", () => {
  assert.equal('  "a": [\n    {\n      "b": "]"\n    }|', press('  "a": [\n    {\n      "b": "]"\n      |', "}"));
  assert.equal('  "a": [\n    1\n  ]|', press('  "a": [\n    1\n    |', "]"));
  assert.equal(undefined, press("[1|", "]"));
  assert.equal(undefined, press("|", "}"));
});

test("other keys are the browser's", () => {
  assert.equal(undefined, press("a|", "b"));
});
