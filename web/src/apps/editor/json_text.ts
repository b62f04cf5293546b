/** JSON text, read with the place of everything in it. Strict: no comments, no name twice; what is wrong is said in words. */

export type Step = string | number;
export type Path = readonly Step[];

export interface JsonNode {
  readonly kind: "object" | "array" | "string" | "number" | "word";
  readonly start: number;
  readonly end: number;
  /** Of an object or array, in order; empty for the others. */
  readonly members: readonly JsonMember[];
}

export interface JsonMember {
  /** A name of an object, or an array's index. */
  readonly key: Step;
  /** Where the name begins; of an array's member where its value does. */
  readonly start: number;
  readonly node: JsonNode;
}

export interface JsonProblem {
  readonly at: number;
  readonly message: string;
}

/** What was read, or the first mistake. */
export type JsonTree =
  { readonly root: JsonNode; readonly problem?: never } | { readonly root?: never; readonly problem: JsonProblem };

let latest: { readonly text: string; readonly tree: JsonTree } | undefined;

/** Read a whole text. The latest one is remembered, as each field of a form asks for it. */
export function readJson(text: string): JsonTree {
  if (latest?.text !== text) latest = { text, tree: read(text) };
  return latest.tree;
}

function read(text: string): JsonTree {
  try {
    return { root: new Reader(text).whole() };
  } catch (stop) {
    if (stop instanceof Stop) return { problem: { at: stop.at, message: stop.message } };
    throw stop;
  }
}

/** The line of a place, the first being 1. */
export function lineAt(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf("\n"); next >= 0 && next < at; next = text.indexOf("\n", next + 1)) line += 1;
  return line;
}

/** The node at a path, if there is one. */
export function nodeAt(root: JsonNode, path: Path): JsonNode | undefined {
  let node: JsonNode | undefined = root;
  for (const step of path) node = node?.members.find((member) => member.key === step)?.node;
  return node;
}

const MOST_DEPTH = 100;
const STRING = /"(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y;
const WORD = /(?:true|false|null)(?!\w)/y;
const SPACE = /[ \t\r\n]*/y;
const TOKEN = /[\w.+-]+/y;

class Stop extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  whole(): JsonNode {
    const root = this.value(0);
    this.skip();
    if (this.at < this.text.length) this.stop("nothing may follow the end of the value");
    return root;
  }

  private value(depth: number): JsonNode {
    this.skip();
    const start = this.at;
    const first = this.text[start];
    if (first === "{" || first === "[") return this.container(first === "{", depth);
    const kind = first === '"' ? "string" : this.take(WORD) ? "word" : this.take(NUMBER) ? "number" : undefined;
    if (kind === undefined) this.stop(this.noValue(first));
    if (kind === "string") this.string();
    return { kind, start, end: this.at, members: [] };
  }

  private container(isObject: boolean, depth: number): JsonNode {
    const start = this.at;
    const close = isObject ? "}" : "]";
    if (depth >= MOST_DEPTH) this.stop(`nested more than ${MOST_DEPTH} deep`);
    this.at += 1;
    const members: JsonMember[] = [];
    const names = new Map<Step, number>();
    this.skip();
    while (this.text[this.at] !== close) {
      members.push(isObject ? this.member(names, depth) : this.element(members.length, depth));
      this.skip();
      if (this.text[this.at] === close) break;
      this.comma(start, isObject, close);
    }
    this.at += 1;
    return { kind: isObject ? "object" : "array", start, end: this.at, members };
  }

  private element(key: number, depth: number): JsonMember {
    const node = this.value(depth + 1);
    return { key, start: node.start, node };
  }

  private member(names: Map<Step, number>, depth: number): JsonMember {
    const start = this.at;
    if (this.text[start] !== '"') this.stop(this.noName(this.text[start]));
    const key = this.string();
    const earlier = names.get(key);
    if (earlier !== undefined)
      this.stop(`"${key}" stands here twice, first in line ${lineAt(this.text, earlier)}`, start);
    names.set(key, start);
    this.skip();
    if (this.text[this.at] !== ":") this.stop(`a colon is missing after "${key}"`);
    this.at += 1;
    return { key, start, node: this.value(depth + 1) };
  }

  private comma(start: number, isObject: boolean, close: string): void {
    const at = this.at;
    const what = `the ${isObject ? "object" : "list"} that begins in line ${lineAt(this.text, start)}`;
    if (at >= this.text.length) this.stop(`${what} isn't closed: ${close} is missing`);
    if (this.text[at] !== ",")
      this.stop(/[}\]]/.test(this.text[at] ?? "") ? `${what} ends with ${close}` : this.noComma());
    this.at += 1;
    this.skip();
    if (this.text[this.at] === close) this.stop("a comma too many: nothing follows it", at);
  }

  private string(): string {
    const start = this.at;
    if (this.take(STRING)) return JSON.parse(this.text.slice(start, this.at)) as string;
    const line = /"(?:[^"\\\n]|\\.)*/y;
    line.lastIndex = start;
    const end = start + (line.exec(this.text)?.[0].length ?? 1);
    if (this.text[end] !== '"') this.stop('this text has no closing "');
    return this.stop("this text holds a sign that must be escaped: \\\\ for a backslash, \\t for a tab");
  }

  private skip(): void {
    this.take(SPACE);
    if (/^(?:\/[/*]|#)/.test(this.text.slice(this.at, this.at + 2))) this.stop("a comment: JSON has none");
  }

  private take(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) return false;
    this.at = pattern.lastIndex;
    return true;
  }

  private noValue(first: string | undefined): string {
    if (first === undefined) return "a value is missing: the text ends here";
    if (first === "'") return 'a text stands in double quotes: "';
    TOKEN.lastIndex = this.at;
    const token = TOKEN.exec(this.text)?.[0];
    if (token === undefined) return `a value is missing before ${first}`;
    return /^[-+.\d]/.test(token)
      ? `${token} is no number of JSON's`
      : `${token} is no value: a text stands in double quotes`;
  }

  private noName(first: string | undefined): string {
    return first === undefined ? "the object isn't closed: } is missing" : "a name in double quotes is missing";
  }

  private noComma(): string {
    return "a comma is missing before this";
  }

  private stop(message: string, at = this.at): never {
    throw new Stop(at, message);
  }
}
