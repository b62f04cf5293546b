import assert from "node:assert/strict";
import test from "node:test";

import { EventParser } from "../../src/live/events";

const TEXT =
  'event: rows\ndata: {"a":1}\n\n: a comment\nevent: beat\r\ndata: x\r\ndata:y\r\n\r\nid: 7\n\ndata: last\r\r';
const EVENTS = [
  { type: "rows", data: '{"a":1}' },
  { type: "beat", data: "x\ny" },
  { type: "message", data: "last" },
];

test("events are the same however the text is cut", () => {
  for (let size = 1; size <= TEXT.length; size += 1) {
    const parser = new EventParser();
    const found = [];
    for (let start = 0; start < TEXT.length; start += size) found.push(...parser.feed(TEXT.slice(start, start + size)));

    assert.deepEqual(EVENTS, found, `in pieces of ${size}`);
  }
});

test("an event is none before its empty line", () => {
  const parser = new EventParser();

  assert.deepEqual([], parser.feed("event: beat\ndata: 1\n"));
  assert.deepEqual([{ type: "beat", data: "1" }], parser.feed("\n"));
});

test("an event without data is dropped, and its type with it", () => {
  assert.deepEqual([{ type: "message", data: "1" }], new EventParser().feed("event: beat\n\ndata: 1\n\n"));
});
