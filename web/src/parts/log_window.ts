/** What is held of a file that may be larger than the memory here: whole lines with their offsets. Pure.
 *
 * Offsets are bytes. A generation is one file: another begins where the file was put aside and written anew.
 */

export interface LogLine {
  readonly generation: number;
  readonly at: number;
  /** With its line break. */
  readonly bytes: number;
  readonly text: string;
  /** Ours, not the file's: "the file was rotated". */
  readonly note?: true;
}

export interface LogWindow {
  readonly lines: readonly LogLine[];
  /** What came behind the last line break. */
  readonly rest: Uint8Array;
  /** Behind all that was taken, `rest` included. */
  readonly end: number;
  readonly generation: number;
  /** Of all lines. */
  readonly bytes: number;
}

export interface Limits {
  readonly lines: number;
  readonly bytes: number;
}

export const LIMITS: Limits = { lines: 5000, bytes: 2 * 1024 * 1024 };
/** Longer lines are shown in pieces: what a browser lays out stays small. */
export const LINE_BYTES = 8192;
const BREAK = 10;
const NOTHING = new Uint8Array();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A window that holds nothing yet, of a file that is read from an offset on. */
export function openAt(end: number, generation = 0): LogWindow {
  return { lines: [], rest: NOTHING, end, generation, bytes: 0 };
}

/** Take in what follows the window; what is too much goes at its beginning. */
export function append(window: LogWindow, bytes: Uint8Array, limits = LIMITS): LogWindow {
  const whole = window.rest.length > 0 ? joined(window.rest, bytes) : bytes;
  const { lines, rest } = split(whole, window.end - window.rest.length, window.generation);
  return trimHead({ ...window, lines: window.lines.concat(lines), rest, end: window.end + bytes.length }, limits);
}

/** Take in what lies before the window, from `at` to its first line; what is too much goes at its end. */
export function prepend(window: LogWindow, at: number, bytes: Uint8Array, limits = LIMITS): LogWindow {
  // It begins in the middle of a line, unless it is the file's beginning.
  const skipped = at === 0 ? 0 : firstWhole(bytes);
  const { lines, rest } = split(bytes.subarray(skipped), at + skipped, window.generation);
  const last = rest.length > 0 ? [lineOf(rest, at + bytes.length - rest.length, window.generation)] : [];
  // Of many short lines the nearest half a window: what somebody looks at must not be pushed out.
  const fresh = [...lines, ...last].slice(-Math.ceil(limits.lines / 2));
  return trimTail({ ...window, lines: [...fresh, ...window.lines] }, limits);
}

/** The lines to be shown: with the one that has no end yet. */
export function shownLines(window: LogWindow): readonly LogLine[] {
  if (window.rest.length === 0) return window.lines;
  // Half a character is no character yet.
  const whole = window.rest.subarray(0, wholeCharacters(window.rest));
  const last = lineOf(whole, window.end - window.rest.length, window.generation);
  return [...window.lines, last];
}

/** Where the window begins; undefined where nothing of this file that is before it can be read. */
export function beginOf(window: LogWindow): number | undefined {
  const first = window.lines[0];
  if (first === undefined) return window.end - window.rest.length;
  return first.generation === window.generation && !first.note ? first.at : undefined;
}

/** Go on with the file that came in this one's place, with a word of it between. */
export function beginAnew(window: LogWindow, text: string): LogWindow {
  const { generation, end } = window;
  const note: LogLine = { generation, at: end + 1, bytes: 0, text, note: true };
  return { ...window, lines: [...shownLines(window), note], rest: NOTHING, end: 0, generation: generation + 1 };
}

function split(bytes: Uint8Array, at: number, generation: number): { lines: LogLine[]; rest: Uint8Array } {
  const lines: LogLine[] = [];
  let from = 0;
  while (from < bytes.length) {
    const found = bytes.indexOf(BREAK, from);
    const end = found < 0 ? bytes.length : found + 1;
    if (end - from > LINE_BYTES + 1) {
      const piece = bytes.subarray(from, from + LINE_BYTES);
      const length = wholeCharacters(piece);
      lines.push(lineOf(piece.subarray(0, length), at + from, generation));
      from += length;
      continue;
    }
    if (found < 0) break;
    lines.push(lineOf(bytes.subarray(from, end), at + from, generation));
    from = end;
  }
  // A copy: a view would keep the whole piece alive.
  return { lines, rest: bytes.slice(from) };
}

function lineOf(bytes: Uint8Array, at: number, generation: number): LogLine {
  const text = decoder.decode(bytes.at(-1) === BREAK ? bytes.subarray(0, -1) : bytes);
  return { generation, at, bytes: bytes.length, text: text.endsWith("\r") ? text.slice(0, -1) : text };
}

/** How many bytes make whole characters: a last one that has begun is not counted. Bytes that are no UTF-8 are. */
export function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < needed ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

function firstWhole(bytes: Uint8Array): number {
  const found = bytes.indexOf(BREAK);
  if (found >= 0) return found + 1;
  let from = 0;
  while (from < 3 && ((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1;
  return from;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const whole = new Uint8Array(one.length + other.length);
  whole.set(one);
  whole.set(other, one.length);
  return whole;
}

function trimHead(window: LogWindow, limits: Limits): LogWindow {
  const { lines } = window;
  let bytes = lines.reduce((sum, line) => sum + line.bytes, 0);
  let from = 0;
  while (lines.length - from > limits.lines || (bytes > limits.bytes && from < lines.length - 1)) {
    bytes -= lines[from]?.bytes ?? 0;
    from += 1;
  }
  return { ...window, lines: from > 0 ? lines.slice(from) : lines, bytes };
}

function trimTail(window: LogWindow, limits: Limits): LogWindow {
  const { lines } = window;
  let bytes = lines.reduce((sum, line) => sum + line.bytes, 0);
  let to = lines.length;
  while (to > limits.lines || (bytes > limits.bytes && to > 1)) {
    to -= 1;
    bytes -= lines[to]?.bytes ?? 0;
  }
  const last = lines[to - 1];
  if (to === lines.length || last === undefined) return { ...window, bytes };
  return { ...window, lines: lines.slice(0, to), rest: NOTHING, end: last.at + last.bytes, bytes };
}
