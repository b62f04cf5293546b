import assert from "node:assert/strict";
import test from "node:test";

import { append, beginAnew, beginOf, LINE_BYTES, openAt, prepend, shownLines } from "../../src/parts/log_window";

const bytes = (text: string) => new TextEncoder().encode(text);
const texts = (lines: readonly { text: string }[]) => lines.map((line) => line.text);

test("a line that came in two pieces is one line, and has one place all the time", () => {
  const one = append(openAt(0), bytes("first\nsec"));
  const two = append(one, bytes("ond\n"));

  assert.deepEqual(["first", "sec"], texts(shownLines(one)));
  assert.deepEqual(["first", "second"], texts(shownLines(two)));
  assert.equal(shownLines(one)[1]?.at, shownLines(two)[1]?.at);
});

test("a character cut in two by the border of pieces is whole in the end, and not shown before", () => {
  const whole = bytes("a€b\n");
  const one = append(openAt(0), whole.subarray(0, 2));

  assert.deepEqual(["a"], texts(shownLines(one)));
  assert.deepEqual(["a€b"], texts(append(one, whole.subarray(2)).lines));
});

test("bytes that are no UTF-8 don't move what follows", () => {
  const window = append(openAt(100), new Uint8Array([0xff, 0x80, 0x80, 10, 0x62, 10]));

  assert.equal(2, window.lines.length);
  assert.equal(104, window.lines[1]?.at);
  assert.equal(106, window.end);
});

test("offsets are bytes, where characters are longer", () => {
  assert.deepEqual(
    [0, 6],
    append(openAt(0), bytes("ääb\nc\n")).lines.map((line) => line.at),
  );
});

test("a line without end is shown in pieces that cut no character", () => {
  const text = `x${"€".repeat(LINE_BYTES)}`;
  const window = append(openAt(0), bytes(`${text}\n`));

  assert.equal(text, texts(window.lines).join(""));
  assert.ok(window.lines.every((line) => line.bytes <= LINE_BYTES + 1));
});

test("a window keeps its last lines, by number and by bytes", () => {
  const text = bytes("1\n2\n3\n4\n");

  assert.deepEqual(["3", "4"], texts(append(openAt(0), text, { lines: 2, bytes: 1000 }).lines));
  assert.deepEqual(["2", "3", "4"], texts(append(openAt(0), text, { lines: 9, bytes: 6 }).lines));
});

test("what is read further up begins with a whole line, and pushes out the end", () => {
  const window = append(openAt(13), bytes("4444\n5555\n"));
  const up = prepend(window, 4, bytes("1\n22\n333\n"), { lines: 3, bytes: 1000 });

  assert.deepEqual(["22", "333", "4444"], texts(up.lines));
  assert.deepEqual([6, 18], [beginOf(up), up.end]);
});

test("the file's beginning is a whole line", () => {
  const window = append(openAt(3), bytes("b\n"));

  assert.deepEqual(["aa", "b"], texts(prepend(window, 0, bytes("aa\n")).lines));
});

test("after a rotation lines of both files are there, and nothing is read before them", () => {
  const window = append(beginAnew(append(openAt(0), bytes("old\nhalf")), "rotated"), bytes("new\n"));

  assert.deepEqual(["old", "half", "rotated", "new"], texts(window.lines));
  assert.equal(undefined, beginOf(window));
  assert.equal(4, new Set(window.lines.map((line) => `${line.generation}:${line.at}`)).size);
});

test("a carriage return before the line break is no part of the line", () => {
  assert.deepEqual(["a"], texts(append(openAt(0), bytes("a\r\n")).lines));
});
