import assert from "node:assert/strict";
import test from "node:test";

import { columnsOf, marked, plain, spans } from "../../src/parts/log_text";

test("colour codes become tones, and their text stays", () => {
  assert.deepEqual(
    [{ text: "a " }, { text: "b", tone: "bad strong" }, { text: " c" }],
    spans("a \u001b[1;31mb\u001b[0m c"),
  );
});

test("what is searched has no codes", () => {
  assert.equal("a b", plain("\u001b[32ma\u001b[K \u001b]8;;http://x\u0007b"));
});

test("colours of 256 leave the text as it is", () => {
  assert.deepEqual([{ text: "x" }], spans("\u001b[38;5;31mx"));
});

test("spans together are the plain text", () => {
  const text = "\u001b[33mwarn\u001b[39m \u0000\u0007 <b>\u001b[";

  assert.equal(
    plain(text),
    spans(text)
      .map((span) => span.text)
      .join(""),
  );
});

test("control characters are seen, tabs stay", () => {
  assert.equal("\u2400\t\u240d\u2421", plain("\u0000\t\r\u007f"));
});

test("wide characters take two columns, combining ones none, a tab up to eight", () => {
  assert.equal(4, columnsOf("日本"));
  assert.equal(1, columnsOf("e\u0301"));
  assert.equal(9, columnsOf("a\tb"));
});

test("matches are cut out of spans, also where they go over several", () => {
  assert.deepEqual(
    [
      { text: "a" },
      { text: "b", at: 0 },
      { text: "c", tone: "bad", at: 0 },
      { text: "d", tone: "bad" },
      { text: "e", tone: "bad", at: 1 },
    ],
    marked(
      [{ text: "ab" }, { text: "cde", tone: "bad" }],
      [
        { from: 1, to: 3 },
        { from: 4, to: 5 },
      ],
    ),
  );
});
