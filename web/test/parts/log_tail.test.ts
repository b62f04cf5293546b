import assert from "node:assert/strict";
import test from "node:test";

import {
  CHUNK,
  earlierRead,
  failed,
  mayMiss,
  newTail,
  nextDelay,
  nextRead,
  paused,
  type Read,
  resumed,
  type Tail,
  took,
  tookEarlier,
} from "../../src/parts/log_tail";
import { shownLines } from "../../src/parts/log_window";

/** A file, and the one that was put aside. */
class Disk {
  older: Uint8Array = new Uint8Array();
  constructor(public file: Uint8Array) {}

  read({ offset, length, older }: Read) {
    const file = older ? this.older : this.file;
    return { size: file.length, bytes: file.slice(offset, offset + length) };
  }

  rotate(text: string) {
    this.older = this.file;
    this.file = bytes(text);
  }
}

const bytes = (text: string) => new TextEncoder().encode(text);
const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join("");
const texts = (tail: Tail) => shownLines(tail.window).map((line) => line.text);

function settle(tail: Tail, disk: Disk): Tail {
  for (let turn = 0; turn < 60; turn++) {
    const after = took(tail, disk.read(nextRead(tail)));
    if (after.phase === tail.phase && after.window.end === tail.window.end && after.counted === tail.counted)
      return after;
    tail = after;
  }
  throw new Error("it never comes to rest");
}

test("a small file is shown whole, and what is written to it follows", () => {
  const disk = new Disk(bytes("one\n"));
  const tail = settle(newTail(), disk);
  disk.file = bytes("one\ntwo\n");

  assert.deepEqual(["one"], texts(tail));
  assert.deepEqual(["one", "two"], texts(settle(tail, disk)));
});

test("of a large file the end is read, from a whole line on", () => {
  const disk = new Disk(bytes(lines(0, 100_000)));
  const tail = settle(newTail(), disk);

  assert.equal("line 99999", texts(tail).at(-1));
  assert.match(texts(tail)[0] ?? "", /^line \d{5}$/);
  assert.ok(tail.window.bytes <= CHUNK);
});

test("looking up reads what is before, line by line the same as the file, to its beginning", () => {
  const disk = new Disk(bytes(lines(0, 30_000)));
  let tail = paused(settle(newTail(), disk));
  const first = texts(tail)[0];
  const read = earlierRead(tail) as Read;
  tail = tookEarlier(tail, read, disk.read(read));
  const at = texts(tail).indexOf(first as string);

  assert.ok(at > 1000);
  assert.equal(`line ${Number(first?.slice(5)) - 1}`, texts(tail)[at - 1]);
  while (earlierRead(tail)) tail = tookEarlier(tail, earlierRead(tail) as Read, disk.read(earlierRead(tail) as Read));
  assert.equal("line 0", texts(tail)[0]);
});

test("an answer that comes when the window has moved is not taken in", () => {
  const disk = new Disk(bytes(lines(0, 30_000)));
  const tail = paused(settle(newTail(), disk));
  const read = earlierRead(tail) as Read;
  const once = tookEarlier(tail, read, disk.read(read));

  assert.equal(once, tookEarlier(once, read, disk.read(read)));
});

test("while paused nothing moves, and lines are counted", () => {
  const disk = new Disk(bytes(lines(0, 10)));
  const tail = paused(settle(newTail(), disk));
  disk.file = bytes(lines(0, 25));
  const later = settle(tail, disk);

  assert.equal(10, texts(later).length);
  assert.equal(15, later.unseen);
  assert.deepEqual(25, texts(settle(resumed(later), disk)).length);
});

test("who goes on after much was written goes on at the end", () => {
  const disk = new Disk(bytes(lines(0, 10)));
  const tail = paused(settle(newTail(), disk));
  disk.file = bytes(lines(0, 200_000));
  const later = settle(tail, disk);

  assert.ok(later.uncounted);
  assert.equal("line 199999", texts(settle(resumed(later), disk)).at(-1));
});

test("after a rotation the rest of the old file comes first, then a word, then the new one", () => {
  const disk = new Disk(bytes("a\n"));
  const tail = settle(newTail(), disk);
  disk.file = bytes("a\nb\n");
  disk.rotate("c\n");
  const seen = texts(settle(tail, disk));

  assert.deepEqual(["a", "b"], seen.slice(0, 2));
  assert.match(seen[2] ?? "", /rotated/);
  assert.deepEqual(["c"], seen.slice(3));
});

test("a file cut and longer than before is noticed as well", () => {
  const disk = new Disk(bytes("what was there at first\n"));
  const tail = settle(newTail(), disk);
  disk.file = bytes("something else that is longer than it\n");
  const seen = texts(settle(tail, disk));

  assert.match(seen[1] ?? "", /rotated/);
  assert.equal("something else that is longer than it", seen[2]);
});

test("an older file that can't be read is done without", () => {
  const disk = new Disk(bytes("a\n"));
  let tail = settle(newTail(), disk);
  disk.file = bytes("");
  tail = took(tail, disk.read(nextRead(tail)));

  assert.equal("rotated", tail.phase);
  assert.equal("following", failed(tail, "There is no file").phase);
});

test("a failure is told until a read succeeds", () => {
  const disk = new Disk(bytes("a\n"));
  const broken = failed(settle(newTail(), disk), "nobody answers");

  assert.equal("nobody answers", broken.problem);
  assert.equal(undefined, settle(broken, disk).problem);
});

test("a file that stands still is asked for less and less, at last every five seconds", () => {
  const disk = new Disk(bytes("a\n"));
  const tail = settle(newTail(), disk);
  const delays = [500];
  for (let turn = 0; turn < 8; turn++) delays.push(nextDelay(delays.at(-1) as number, tail, tail));

  assert.deepEqual([500, 750, 1125], delays.slice(0, 3));
  assert.equal(5000, delays.at(-1));
});

test("who lags behind a fast file asks again at once", () => {
  const tail = settle(newTail(), new Disk(bytes("a\n")));

  assert.equal(50, nextDelay(5000, tail, { ...tail, size: 100_000 }));
});

test("a file is asked for without a look into its folder only once it has been read", () => {
  const tail = settle(newTail(), new Disk(bytes("a\n")));

  assert.deepEqual([true, false, true], [newTail(), tail, failed(tail, "There is no file")].map(mayMiss));
});

test("a file that can't be read is asked for less and less, at last once a minute", () => {
  const tail = failed(newTail(), "There is no file");
  const delays = [0];
  for (let turn = 0; turn < 9; turn++) delays.push(nextDelay(delays.at(-1) as number, tail, tail));

  assert.deepEqual([5000, 7500], delays.slice(1, 3));
  assert.equal(60_000, delays.at(-1));
});
