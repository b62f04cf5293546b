/** What keys do in the JSON editor: indent, outdent, go on in line, close what is open. Text and selection in, and out. */

export interface Typed {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const UNIT = "  ";
const CLOSES: Readonly<Record<string, string>> = { "{": "}", "[": "]" };

/** The text after a key, or undefined where the browser may do as always. */
export function typeKey(now: Typed, key: string, shift = false): Typed | undefined {
  if (key === "Tab") return shift || spansLines(now) ? moveLines(now, shift) : insert(now, UNIT);
  if (key === "Enter") return breakLine(now);
  if (key === "}" || key === "]") return closeBracket(now, key);
  return undefined;
}

function spansLines({ text, from, to }: Typed): boolean {
  return text.slice(from, to).includes("\n");
}

function insert({ text, from, to }: Typed, fresh: string): Typed {
  const at = from + fresh.length;
  return { text: text.slice(0, from) + fresh + text.slice(to), from: at, to: at };
}

/** Indent the selected lines by one step, or take one away. */
function moveLines({ text, from, to }: Typed, isBack: boolean): Typed {
  const first = lineStart(text, from);
  const end = text.indexOf("\n", to) < 0 ? text.length : text.indexOf("\n", to);
  const lines = text.slice(first, end).split("\n");
  const moved = lines.map((line) => (isBack ? line.replace(/^(?: {1,2}|\t)/, "") : line && UNIT + line));
  const grown = moved.map((line, index) => line.length - (lines[index] ?? "").length);
  const total = grown.reduce((sum, each) => sum + each, 0);
  return {
    text: text.slice(0, first) + moved.join("\n") + text.slice(end),
    from: Math.max(first, from + (grown[0] ?? 0)),
    to: Math.max(first, to + total),
  };
}

/** A new line at the depth of this one, one deeper after an open bracket, whose other half goes to a line of its own. */
function breakLine(now: Typed): Typed {
  const before = now.text.slice(lineStart(now.text, now.from), now.from);
  const indent = /^[ \t]*/.exec(before)?.[0] ?? "";
  const close = CLOSES[before.trimEnd().at(-1) ?? ""];
  if (close === undefined) return insert(now, `\n${indent}`);
  const typed = insert(now, `\n${indent}${UNIT}`);
  if (now.text.slice(now.to).trimStart()[0] !== close || /^[ \t]*\n/.test(now.text.slice(now.to))) return typed;
  return { ...typed, text: `${typed.text.slice(0, typed.from)}\n${indent}${typed.text.slice(typed.from).trimStart()}` };
}

/** A bracket that closes, first in its line, goes to the depth of the line that opened it. */
function closeBracket(now: Typed, bracket: string): Typed | undefined {
  const start = lineStart(now.text, now.from);
  if (!/^[ \t]*$/.test(now.text.slice(start, now.from))) return undefined;
  const opened = openBracket(now.text.slice(0, start));
  if (opened === undefined) return undefined;
  const indent = /^[ \t]*/.exec(now.text.slice(lineStart(now.text, opened)))?.[0] ?? "";
  return insert({ ...now, from: start }, indent + bracket);
}

/** Where the bracket stands that is still open at the end of a text. */
function openBracket(text: string): number | undefined {
  const open: number[] = [];
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\\n]|\\.)*"?|[{}[\]]/g)) {
    if (token === "{" || token === "[") open.push(index);
    else if (token === "}" || token === "]") open.pop();
  }
  return open.at(-1);
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}
