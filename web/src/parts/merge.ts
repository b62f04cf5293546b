/** The lines of several files as one: by the times they begin with, where all have them, else as they came. Pure. */

export interface Sourced {
  readonly source: number;
  readonly text: string;
  /** Counts up over all sources. */
  readonly arrived: number;
  /** In milliseconds since 1970: the line's own, or that of the line before which it continues. */
  readonly at: number | undefined;
}

/** What was merged so far: `lines` in the order shown. */
export interface Merged {
  readonly lines: readonly Sourced[];
  readonly arrived: number;
  /** The last time that each source told. */
  readonly times: ReadonlyMap<number, number>;
  /** A source began with a line that tells no time. */
  readonly untimed: boolean;
}

export const NOTHING_MERGED: Merged = { lines: [], arrived: 0, times: new Map(), untimed: false };
export const MOST_MERGED = 5000;
const MOST_CHARACTERS = 2_000_000;
const TIME = /^\W?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?/;

/** The time that a line begins with. One without a zone is taken as UTC, as daemons write it. */
export function leadingTime(text: string): number | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [, day, time, fraction = "", zone = "Z"] = match;
  const fixed = zone === "Z" || zone.includes(":") ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const at = Date.parse(`${day}T${time}.${fraction.padEnd(3, "0").slice(0, 3)}${fixed}`);
  return Number.isNaN(at) ? undefined : at;
}

/** Take in what one source wrote since. A line without a time goes with the one before it, as a stack trace does. */
export function merge(merged: Merged, source: number, texts: readonly string[], most = MOST_MERGED): Merged {
  if (texts.length === 0) return merged;
  const times = new Map(merged.times);
  let { arrived, untimed } = merged;
  const fresh = texts.map((text): Sourced => {
    const at = leadingTime(text);
    if (at !== undefined) times.set(source, at);
    else if (!times.has(source)) untimed = true;
    arrived += 1;
    return { source, text, arrived, at: times.get(source) };
  });
  let lines = merged.lines.concat(fresh);
  if (untimed !== merged.untimed) lines = lines.sort((one, other) => one.arrived - other.arrived);
  else if (!untimed) lines = inOrder(lines, merged.lines.length);
  return { lines: newest(lines, most), arrived, times, untimed };
}

/** The last lines, as many as are kept, and together no longer than is kept. */
function newest(lines: Sourced[], most: number): Sourced[] {
  let from = lines.length;
  let left = MOST_CHARACTERS;
  while (from > 0 && lines.length - from < most && left > 0) {
    from -= 1;
    left -= lines[from]?.text.length ?? 0;
  }
  return from > 0 ? lines.slice(from) : lines;
}

/** By time; what stands at one time, or continues a line, keeps its order. Only the end is sorted, as far as need be. */
function inOrder(lines: Sourced[], known: number): Sourced[] {
  const earliest = Math.min(...lines.slice(known).map((line) => line.at ?? 0));
  let from = known;
  while (from > 0 && (lines[from - 1]?.at ?? 0) > earliest) from -= 1;
  const moved = lines.slice(from).sort((one, other) => (one.at ?? 0) - (other.at ?? 0) || one.arrived - other.arrived);
  return [...lines.slice(0, from), ...moved];
}
