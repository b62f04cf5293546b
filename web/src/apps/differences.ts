/** What differs between two definitions: field by field in words, and line by line. */

export interface Change {
  readonly path: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

export interface DiffLine {
  readonly kind: "same" | "out" | "in";
  readonly text: string;
  /** Its number on the old and on the new side. */
  readonly old?: number;
  readonly fresh?: number;
}

/** Lines that are shown, or how many equal ones are left out. */
export type DiffPart =
  | { readonly lines: readonly DiffLine[]; readonly folded?: never }
  | { readonly folded: readonly DiffLine[]; readonly lines?: never };

type Json = Readonly<Record<string, unknown>>;

const ITS_OWN = new Set(["version", "versionInfo"]);
const CONTEXT = 3;
/** Beyond so many pairs of lines the middle is shown as gone and new. */
const MOST_PAIRS = 4_000_000;

/** The fields that differ; lists of one length are compared one by one, others as a whole. */
export function changes(old: unknown, fresh: unknown, path = ""): Change[] {
  if (isObject(old) && isObject(fresh)) {
    const names = [...new Set([...Object.keys(old), ...Object.keys(fresh)])].filter(
      (name) => path || !ITS_OWN.has(name),
    );
    return names.flatMap((name) => {
      const here = path ? `${path}.${name}` : name;
      if (!Object.hasOwn(fresh, name)) return [{ path: here, from: old[name] }];
      return Object.hasOwn(old, name) ? changes(old[name], fresh[name], here) : [{ path: here, to: fresh[name] }];
    });
  }
  if (Array.isArray(old) && Array.isArray(fresh) && old.length === fresh.length) {
    return old.flatMap((value, index) => changes(value, fresh[index], `${path}[${index}]`));
  }
  return canonical(old) === canonical(fresh) ? [] : [{ path, from: old, to: fresh }];
}

/** One change for people: "instances 2 → 3", "env.DEBUG set to 1", "labels.team removed (was shop)". */
export function changeText({ path, from, to }: Change): string {
  if (from === undefined) return `${path} set to ${brief(to)}`;
  return to === undefined ? `${path} removed (was ${brief(from)})` : `${path} ${brief(from)} → ${brief(to)}`;
}

/** JSON by lines with names in order, so that only what differs differs. */
export function canonical(value: unknown): string {
  const ordered = (_: string, each: unknown) =>
    isObject(each) ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1))) : each;
  return JSON.stringify(value, ordered, 2) ?? "";
}

/** The lines of both texts in one order, by their longest common subsequence. */
export function diffLines(oldText: string, freshText: string): DiffLine[] {
  const [one, other] = [oldText.split("\n"), freshText.split("\n")];
  let head = 0;
  while (head < Math.min(one.length, other.length) && one[head] === other[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(one.length, other.length) - head && one.at(-1 - tail) === other.at(-1 - tail)) tail += 1;
  const middle = pairs(one.slice(head, one.length - tail), other.slice(head, other.length - tail));
  const ends = (count: number, from: (index: number) => readonly [number, number]) =>
    Array.from({ length: count }, (_, index) => from(index));
  return [
    ...ends(head, (index) => [index, index]),
    ...middle.map(([left, right]) => [left < 0 ? -1 : left + head, right < 0 ? -1 : right + head] as const),
    ...ends(tail, (index) => [one.length - tail + index, other.length - tail + index]),
  ].map(([left, right]) => line(one, other, left, right));
}

/** The same with long equal stretches folded, three lines of context kept. */
export function foldLines(lines: readonly DiffLine[]): DiffPart[] {
  const near = new Set<number>();
  for (const [index, { kind }] of lines.entries()) {
    if (kind !== "same") for (let step = -CONTEXT; step <= CONTEXT; step += 1) near.add(index + step);
  }
  const parts: { shown: boolean; lines: DiffLine[] }[] = [];
  for (const [index, each] of lines.entries()) {
    const shown = near.has(index);
    const last = parts.at(-1);
    if (last?.shown === shown) last.lines.push(each);
    else parts.push({ shown, lines: [each] });
  }
  return parts.map((part) => (part.shown || part.lines.length === 1 ? { lines: part.lines } : { folded: part.lines }));
}

/** Pairs of indexes, -1 where one side has nothing; removed lines come before the new ones in their place. */
function pairs(one: readonly string[], other: readonly string[]): (readonly [number, number])[] {
  const width = other.length + 1;
  const isHuge = one.length * other.length > MOST_PAIRS;
  const longest = new Uint32Array(isHuge ? 0 : (one.length + 1) * width);
  const at = (left: number, right: number) => longest[left * width + right] ?? 0;
  for (let left = one.length - 1; !isHuge && left >= 0; left -= 1) {
    for (let right = other.length - 1; right >= 0; right -= 1) {
      const best =
        one[left] === other[right] ? at(left + 1, right + 1) + 1 : Math.max(at(left + 1, right), at(left, right + 1));
      longest[left * width + right] = best;
    }
  }
  const found: (readonly [number, number])[] = [];
  let [left, right] = [0, 0];
  while (left < one.length || right < other.length) {
    if (!isHuge && left < one.length && right < other.length && one[left] === other[right])
      found.push([left++, right++]);
    else if (left < one.length && (right >= other.length || at(left + 1, right) >= at(left, right + 1)))
      found.push([left++, -1]);
    else found.push([-1, right++]);
  }
  return found;
}

function line(one: readonly string[], other: readonly string[], left: number, right: number): DiffLine {
  if (right < 0) return { kind: "out", text: one[left] ?? "", old: left + 1 };
  const fresh = { text: other[right] ?? "", fresh: right + 1 };
  return left < 0 ? { kind: "in", ...fresh } : { kind: "same", ...fresh, old: left + 1 };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function brief(value: unknown): string {
  const text = typeof value === "string" && value !== "" ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
