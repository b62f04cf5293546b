/** How a file that grows is read: what to ask for next, and what an answer means. Pure; who asks is `log_reader.ts`.
 *
 * A read overlaps what is held by a few bytes: where these are others now, another file has come in its place, though
 * it be longer than the old one was.
 */

import { append, beginAnew, beginOf, type LogWindow, openAt, prepend } from "./log_window";

/** The most that one read answers. */
export const CHUNK = 64 * 1024;
/** Who lags behind by more goes on at the end. */
export const TOO_FAR = 1024 * 1024;
const OVERLAP = 16;
const BREAK = 10;

export type Phase = "opening" | "following" | "paused" | "rotated";

export interface Tail {
  readonly phase: Phase;
  readonly window: LogWindow;
  /** The last bytes before `window.end`, as they were read. */
  readonly last: Uint8Array;
  /** Of the file, as the last answer said. */
  readonly size: number;
  /** While paused: how many lines came since, and how far they were counted. */
  readonly unseen: number;
  readonly counted: number;
  /** More came than was counted. */
  readonly uncounted: boolean;
  /** Why the last read failed, as the agent said. */
  readonly problem?: string | undefined;
}

/** One question. `older`: of the file that was put aside. */
export interface Read {
  readonly offset: number;
  readonly length: number;
  readonly older?: true;
}

/** One answer: bytes from the asked offset on, and how long the file is. */
export interface Piece {
  readonly size: number;
  readonly bytes: Uint8Array;
}

const NOTHING = new Uint8Array();

/** Before anything was read. */
export function newTail(): Tail {
  const counts = { unseen: 0, counted: 0, uncounted: false };
  return { phase: "opening", window: openAt(0), last: NOTHING, size: 0, ...counts };
}

/** What to ask for next. */
export function nextRead(tail: Tail): Read {
  const { end } = tail.window;
  switch (tail.phase) {
    case "opening":
      return { offset: 0, length: 0 };
    case "rotated":
      return { offset: end, length: CHUNK, older: true };
    case "paused":
      return { offset: tail.counted, length: CHUNK };
    case "following":
      return { offset: end - tail.last.length, length: CHUNK };
  }
}

/** Whether what `nextRead` asks for may well not be there: before the first read, of the older file, after a failure. */
export function mayMiss(tail: Tail): boolean {
  return tail.phase === "opening" || tail.phase === "rotated" || tail.problem !== undefined;
}

/** What the answer to `nextRead` means. */
export function took(tail: Tail, piece: Piece): Tail {
  const read = { ...tail, size: piece.size, problem: undefined };
  switch (tail.phase) {
    case "opening":
      return reopened(read, piece.size);
    case "rotated":
      return tookOlder(tail, piece);
    case "paused":
      return counted(read, piece);
    case "following":
      return followed(read, piece);
  }
}

/** A read failed. Where it was one of the older file, there is none. */
export function failed(tail: Tail, problem: string): Tail {
  return tail.phase === "rotated" ? anew(tail) : { ...tail, problem };
}

/** Show no more of what comes, but count it. */
export function paused(tail: Tail): Tail {
  if (tail.phase !== "following") return tail;
  return { ...tail, phase: "paused", unseen: 0, counted: tail.window.end, uncounted: false };
}

/** Go on at the end. */
export function resumed(tail: Tail): Tail {
  if (tail.phase !== "paused") return tail;
  const going = { ...tail, phase: "following" as const, unseen: 0, uncounted: false };
  return tail.counted - tail.window.end > TOO_FAR / 4 ? reopened(going, tail.size) : going;
}

/** What to ask for when somebody looks further up; undefined where that is all there is. */
export function earlierRead(tail: Tail): Read | undefined {
  const begin = beginOf(tail.window);
  if (!begin || tail.phase === "opening" || tail.phase === "rotated") return undefined;
  const offset = Math.max(0, begin - CHUNK);
  return { offset, length: begin - offset };
}

/** Take in the answer to `earlierRead`, unless the window has moved meanwhile. */
export function tookEarlier(tail: Tail, read: Read, piece: Piece): Tail {
  const begin = beginOf(tail.window);
  if (begin !== read.offset + read.length || piece.bytes.length !== read.length) return tail;
  const window = prepend(tail.window, read.offset, piece.bytes);
  // Nothing is known of the bytes before another end.
  return { ...tail, window, last: window.end === tail.window.end ? tail.last : NOTHING };
}

function reopened(tail: Tail, size: number): Tail {
  const window = openAt(Math.max(0, size - CHUNK), tail.window.generation);
  return { ...tail, phase: "following", window, last: NOTHING };
}

function followed(tail: Tail, piece: Piece): Tail {
  const { window, last } = tail;
  if (piece.size < window.end || !startsWith(piece.bytes, last)) return { ...tail, phase: "rotated" };
  if (piece.size - window.end > TOO_FAR) return reopened(tail, piece.size);
  let fresh = piece.bytes.subarray(last.length);
  if (fresh.length === 0) return tail;
  let base = window;
  if (window.lines.length === 0 && window.rest.length === 0 && window.end > 0 && last.length === 0) {
    // The tail of a file begins with the first whole line.
    const skipped = fresh.indexOf(BREAK) + 1;
    base = openAt(window.end + skipped, window.generation);
    fresh = fresh.subarray(skipped);
  }
  return { ...tail, window: append(base, fresh), last: piece.bytes.slice(-OVERLAP) };
}

function tookOlder(tail: Tail, piece: Piece): Tail {
  if (piece.bytes.length === 0) return anew(tail);
  const window = append(tail.window, piece.bytes);
  return window.end < piece.size ? { ...tail, window } : anew({ ...tail, window });
}

function anew(tail: Tail): Tail {
  const window = beginAnew(tail.window, "the file was rotated, or cut: from here on it is another");
  return { ...tail, phase: "following", window, last: NOTHING, size: 0 };
}

function counted(tail: Tail, piece: Piece): Tail {
  // It is looked at again when somebody goes on.
  if (piece.size < tail.counted) return { ...tail, counted: 0, uncounted: true };
  if (piece.size - tail.counted > TOO_FAR) return { ...tail, counted: piece.size, uncounted: true };
  let unseen = tail.unseen;
  for (let at = piece.bytes.indexOf(BREAK); at >= 0; at = piece.bytes.indexOf(BREAK, at + 1)) unseen += 1;
  return { ...tail, unseen, counted: tail.counted + piece.bytes.length };
}

function startsWith(bytes: Uint8Array, beginning: Uint8Array): boolean {
  return beginning.every((byte, index) => byte === bytes[index]);
}

/** How long to wait before the next read, in milliseconds: short while the file grows, longer while nothing comes. */
export function nextDelay(previous: number, before: Tail, after: Tail): number {
  if (after.problem !== undefined) return Math.min(RAREST, Math.max(SLOWEST, previous * 1.5));
  if (before.phase === "opening" || after.phase === "rotated" || before.phase === "rotated") return 0;
  const reached = after.phase === "paused" ? after.counted : after.window.end;
  if (reached < after.size) return BUSY;
  return before.size !== after.size ? FASTEST : Math.min(SLOWEST, Math.max(FASTEST, previous * 1.5));
}

const BUSY = 50;
const FASTEST = 500;
const SLOWEST = 5000;
/** Of a file that can't be read: its sandbox may be gone for good. */
const RAREST = 60_000;
