/** Finding things by a few letters of their id or name, best first. Pure, and fast enough for every keystroke. */

export interface Findable {
  /** What it is: "Agents"; results are grouped by it. */
  readonly kind: string;
  /** What it is called; what is typed is looked for in here first. */
  readonly name: string;
  /** Also looked for, and shown beside: an id, a host. */
  readonly detail: string;
  readonly href: string;
}

export interface Found {
  readonly item: Findable;
  readonly score: number;
}

export interface FoundGroup {
  readonly kind: string;
  readonly found: readonly Found[];
  /** How many there are, shown or not. */
  readonly count: number;
}

const EQUAL = 1000;
const PREFIX = 800;
const WORD = 600;
const INSIDE = 400;
const SCATTERED = 200;
/** A match in the detail is worth less than one in the name. */
const DETAIL_LOSS = 50;

/** How well a word is found in a text, 0 where it is not. Both in lower case. */
export function scoreWord(word: string, text: string): number {
  const at = text.indexOf(word);
  if (at === -1) return scoreScattered(word, text);
  // Of two that match alike the shorter one says more.
  const length = Math.min(99, text.length - word.length);
  if (at === 0) return (length === 0 ? EQUAL : PREFIX) - length;
  return (isBoundary(text, at) ? WORD : INSIDE) - length;
}

function isBoundary(text: string, at: number): boolean {
  const code = text.charCodeAt(at - 1);
  return !((code >= 97 && code <= 122) || (code >= 48 && code <= 57));
}

/** The letters in their order with others between; gaps cost. Fewer than three letters are found in anything. */
function scoreScattered(word: string, text: string): number {
  if (word.length < 3 || word.length > text.length) return 0;
  let at = text.indexOf(word[0] as string);
  let gaps = 0;
  for (let place = 1; place < word.length; place += 1) {
    if (at === -1) return 0;
    const next = text.indexOf(word[place] as string, at + 1);
    gaps += next - at - 1;
    at = next;
  }
  return at === -1 ? 0 : Math.max(1, SCATTERED - Math.min(150, gaps));
}

const lowered = new WeakMap<Findable, readonly [string, string]>();

function lower(item: Findable): readonly [string, string] {
  let both = lowered.get(item);
  if (both === undefined) {
    both = [item.name.toLowerCase(), item.detail.toLowerCase()];
    lowered.set(item, both);
  }
  return both;
}

/** How well all words are found in an item, each in its name or its detail; 0 where one is missing. */
export function scoreItem(words: readonly string[], item: Findable): number {
  const [name, detail] = lower(item);
  let sum = 0;
  for (const word of words) {
    const score = Math.max(scoreWord(word, name), scoreWord(word, detail) - DETAIL_LOSS);
    if (score <= 0) return 0;
    sum += score;
  }
  return sum / words.length;
}

/** The best of each kind, the kind with the best one first. */
export function find(text: string, items: Iterable<Findable>, perKind = 6): FoundGroup[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const groups = new Map<string, { found: Found[]; count: number }>();
  for (const item of items) {
    const score = scoreItem(words, item);
    if (score === 0) continue;
    let group = groups.get(item.kind);
    if (group === undefined) groups.set(item.kind, (group = { found: [], count: 0 }));
    group.count += 1;
    keepBest(group.found, { item, score }, perKind);
  }
  return [...groups]
    .map(([kind, group]) => ({ kind, ...group }))
    .sort((one, other) => (other.found[0]?.score ?? 0) - (one.found[0]?.score ?? 0));
}

function keepBest(found: Found[], one: Found, most: number): void {
  let place = found.length;
  while (place > 0 && (found[place - 1] as Found).score < one.score) place -= 1;
  if (place >= most) return;
  found.splice(place, 0, one);
  if (found.length > most) found.pop();
}

/** A text in pieces, those marked that match a word as it stands. */
export function markWords(text: string, typed: string): { text: string; marked: boolean }[] {
  const word = typed.toLowerCase().split(/\s+/).filter(Boolean)[0] ?? "";
  const at = word === "" ? -1 : text.toLowerCase().indexOf(word);
  if (at === -1) return [{ text, marked: false }];
  const pieces = [
    { text: text.slice(0, at), marked: false },
    { text: text.slice(at, at + word.length), marked: true },
    { text: text.slice(at + word.length), marked: false },
  ];
  return pieces.filter((piece) => piece.text !== "");
}
