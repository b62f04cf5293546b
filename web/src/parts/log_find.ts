/** Finding text in lines: where it is, next and previous, and patterns that would take too long. Pure. */

export interface Match {
  readonly line: number;
  readonly from: number;
  readonly to: number;
}

export interface Found {
  readonly matches: readonly Match[];
  /** Why there are none, or not all of them. */
  readonly problem?: string;
}

const MOST = 5000;
/** A pattern sees a line in pieces of this length: what it costs grows faster than the line. */
const PIECE = 1000;
const BUDGET_MS = 100;

/** All places of a text, upper case or lower. `clock` tells milliseconds: a pattern has a tenth of a second. */
export function find(texts: readonly string[], query: string, isPattern: boolean, clock: () => number): Found {
  if (query === "") return { matches: [] };
  if (!isPattern) return collect(texts, (text) => placesOf(text, query.toLowerCase()));
  const pattern = compile(query);
  if (typeof pattern === "string") return { matches: [], problem: pattern };
  const ends = clock() + BUDGET_MS;
  const isLate = () => clock() > ends;
  return collect(texts, (text) => patternPlaces(text, pattern), isLate);
}

/** The match after one, or before it, round the ends. -1 where there is none. */
export function step(count: number, current: number, by: 1 | -1): number {
  if (count === 0) return -1;
  if (current < 0) return by === 1 ? 0 : count - 1;
  return (current + by + count) % count;
}

/** The pattern, or what is wrong with it. */
export function compile(query: string): RegExp | string {
  if (query.length > 200) return "the pattern is too long";
  // Repeats of what repeats, or of choices, can take longer than anybody waits.
  const bare = query.replace(/\\./g, "_").replace(/\[[^\]]*\]/g, "_");
  if (/\([^()]*[*+{|][^()]*\)\s*[*+{]/.test(bare) || /\)[*+{?]*\)[*+{]/.test(bare)) {
    return "the pattern repeats a group that repeats: it could take forever";
  }
  if ((bare.match(/[*+]|\{\d+,/g) ?? []).length > 3) return "the pattern repeats too much: three times is the most";
  try {
    return new RegExp(query, "giu");
  } catch (error) {
    return (error as Error).message.replace(/^Invalid regular expression: /, "");
  }
}

type Places = (text: string) => Iterable<readonly [number, number]>;

function collect(texts: readonly string[], places: Places, isLate = () => false): Found {
  const matches: Match[] = [];
  for (const [line, text] of texts.entries()) {
    for (const [from, to] of places(text)) {
      if (matches.length === MOST) return { matches, problem: `only the first ${MOST} are shown` };
      matches.push({ line, from, to });
    }
    if (isLate()) return { matches, problem: `the pattern takes too long: only ${line + 1} lines were searched` };
  }
  return { matches };
}

function* placesOf(text: string, query: string): Generator<readonly [number, number]> {
  // Lower case may be longer than what it is of; then places would be others.
  const lower = text.toLowerCase();
  const searched = lower.length === text.length ? lower : text;
  for (let at = searched.indexOf(query); at >= 0; at = searched.indexOf(query, at + query.length)) {
    yield [at, at + query.length];
  }
}

function* patternPlaces(text: string, pattern: RegExp): Generator<readonly [number, number]> {
  for (let base = 0; base < text.length; base += PIECE) {
    for (const match of text.slice(base, base + PIECE).matchAll(pattern)) {
      if (match[0] !== "") yield [base + match.index, base + match.index + match[0].length];
    }
  }
}
