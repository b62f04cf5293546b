/** What a line of a log looks like: colour codes become tones, other control characters are made visible. Pure. */

export interface Span {
  readonly text: string;
  /** Of the design, not of the terminal: "bad", "good", "warn", "accent", "quiet"; with "strong" where bold. */
  readonly tone?: string;
}

const ESC = String.fromCharCode(27);
const BEL = String.fromCharCode(7);
const CSI = `\\[[0-?]*[ -/]*[@-~]`;
const OSC = `\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)?`;
const CODE = new RegExp(`${ESC}(?:${CSI}|${OSC}|[@-Z\\\\-_=>]|$)`, "g");
const CONTROL = new RegExp(`[${String.fromCharCode(0)}-\\x08\\x0a-\\x1f\\x7f]`, "g");
const TONES = ["", "bad", "good", "warn", "accent", "accent", "accent", ""];

/** The text without codes: what is searched and copied. */
export function plain(text: string): string {
  return visible(text.includes(ESC) ? text.replace(CODE, "") : text);
}

/** The text in spans of one tone each; together they are `plain`'s. */
export function spans(text: string): Span[] {
  if (!text.includes(ESC)) return [{ text: visible(text) }];
  const found: Span[] = [];
  const add = (part: string) => {
    const name = [tone, strong && "strong"].filter(Boolean).join(" ");
    if (part !== "") found.push(name === "" ? { text: visible(part) } : { text: visible(part), tone: name });
  };
  let tone = "";
  let strong = false;
  let from = 0;
  for (const match of text.matchAll(CODE)) {
    add(text.slice(from, match.index));
    from = match.index + match[0].length;
    const codes = /^.\[([\d;]*)m$/.exec(match[0]);
    for (const code of codes ? (codes[1] ?? "").split(";").map(Number) : []) {
      if (code === 0) [tone, strong] = ["", false];
      else if (code === 1) strong = true;
      else if (code === 22) strong = false;
      else if (code === 2) tone = "quiet";
      else if (code === 39) tone = "";
      else if (code === 38 || code === 48)
        break; // of 256 colours, and of more: theirs would not suit both themes
      else if ((code >= 30 && code < 38) || (code >= 90 && code < 98)) tone = TONES[code % 10] ?? "";
    }
  }
  add(text.slice(from));
  return found;
}

/** Spans cut where matches begin and end: `at` is the number of the match that a piece is of. */
export function marked(
  all: readonly Span[],
  places: readonly { from: number; to: number }[],
): (Span & { at?: number })[] {
  const found: (Span & { at?: number })[] = [];
  let begin = 0;
  for (const span of all) {
    const end = begin + span.text.length;
    let from = begin;
    const cut = (to: number, at?: number) => {
      if (to > from)
        found.push({ ...span, text: span.text.slice(from - begin, to - begin), ...(at !== undefined && { at }) });
      from = Math.max(from, to);
    };
    for (const [at, place] of places.entries()) {
      if (place.to <= begin || place.from >= end) continue;
      cut(Math.max(begin, place.from));
      cut(Math.min(end, place.to), at);
    }
    cut(end);
    begin = end;
  }
  return found;
}

/** Control characters as their pictures, so that binary data is seen for what it is. Tabs stay. */
function visible(text: string): string {
  return text.replace(CONTROL, (one) => String.fromCharCode(one === "\x7f" ? 0x2421 : 0x2400 + one.charCodeAt(0)));
}

/** How many columns a text takes in a font of one width: wide characters two, combining ones none. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code === 9) columns += 8 - (columns % 8);
    else if (code < 0x300) columns += 1;
    else if (code < 0x370 || (code >= 0x200b && code < 0x2010) || (code >= 0xfe00 && code < 0xfe10)) columns += 0;
    else columns += isWide(code) ? 2 : 1;
  }
  return columns;
}

function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code < 0x1160) ||
    (code >= 0x2e80 && code < 0xa4d0) ||
    (code >= 0xac00 && code < 0xd7a4) ||
    (code >= 0xf900 && code < 0xfb00) ||
    (code >= 0xfe30 && code < 0xfe70) ||
    (code >= 0xff00 && code < 0xff61) ||
    (code >= 0x1f300 && code < 0x1fb00) ||
    code >= 0x20000
  );
}
