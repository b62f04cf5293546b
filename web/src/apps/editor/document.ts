/** What is being edited: one JSON text, which the form reads and changes field by field, and what is half typed.
 *
 * A draft is what somebody typed into a field, beside the JSON that stood there then; it is shown for as long as that
 * stands, and so survives a look at the other side.
 */

import { dropIn, renameIn, setIn } from "./json_edit";
import { type JsonNode, lineAt, nodeAt, type Path, readJson } from "./json_text";

export type Kind = "text" | "number" | "flag" | "choice" | "lines";

export interface Field {
  readonly path: Path;
  readonly label: string;
  readonly kind: Kind;
  /** A field that is emptied stays as "" rather than go. */
  readonly keepsEmpty?: boolean;
}

interface Draft {
  readonly typed: string;
  readonly raw: string | undefined;
  readonly problem?: string;
}

export interface Document {
  readonly text: string;
  /** As it was when the editing began. */
  readonly original: string;
  readonly drafts: Readonly<Record<string, Draft>>;
}

export interface Shown {
  readonly typed: string;
  readonly problem?: string | undefined;
  /** The JSON has something here that the form has no field for. */
  readonly isForeign?: boolean;
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Begin with a text. */
export function open(text: string): Document {
  return { text, original: text, drafts: {} };
}

/** The whole text is another: typed on the JSON side, pasted, or a file. */
export function setText(document: Document, text: string): Document {
  return { ...document, text };
}

/** The name of a place: of its field's element, its draft, its problem. */
export function nameOf(path: Path): string {
  return path.map((step) => String(step).replaceAll("/", "~1")).join("/");
}

/** What a field shows. */
export function show(document: Document, field: Field): Shown {
  const raw = rawAt(document.text, field.path);
  const draft = document.drafts[nameOf(field.path)];
  if (draft !== undefined && draft.raw === raw) return draft;
  const typed = raw === undefined || raw === "null" ? "" : asTyped(raw, field.kind);
  return typed === undefined ? { typed: raw ?? "", isForeign: true } : { typed };
}

/** Somebody typed into a field. */
export function type(document: Document, field: Field, typed: string): Document {
  const { path, kind } = field;
  if (kind === "number" && typed !== "" && !NUMBER.test(typed)) {
    return draft(document, path, { typed, raw: rawAt(document.text, path), problem: "a number, such as 0.5" });
  }
  const isFalse = kind === "flag" && typed === "false" && rawAt(document.original, path) === undefined;
  const isGone = isFalse || (typed === "" && !field.keepsEmpty);
  const text = isGone ? drop(document, path) : setIn(document.text, path, asRaw(typed, kind));
  return draft({ ...document, text }, path, { typed, raw: rawAt(text, path) });
}

/** Somebody typed another name for a member. */
export function rename(document: Document, path: Path, index: number, name: string): Document {
  const old = path.at(-1);
  if (name === old) return { ...document, drafts: without(document.drafts, `${nameOf(path.slice(0, -1))}#${index}`) };
  const text = renameIn(document.text, path, name);
  if (text !== document.text) return { ...document, text };
  const place = {
    ...document.drafts,
    [`${nameOf(path.slice(0, -1))}#${index}`]: { typed: name, raw: String(old), problem: "stands here already" },
  };
  return { ...document, drafts: place };
}

/** The name that a member shows. */
export function showName(document: Document, path: Path, index: number): Shown {
  const name = String(path.at(-1));
  const draft = document.drafts[`${nameOf(path.slice(0, -1))}#${index}`];
  if (draft?.raw === name) return draft;
  return { typed: name, problem: name === "" ? "a name is missing" : undefined };
}

/** One more element or member at the end. */
export function append(document: Document, path: Path, raw: string): Document {
  return { ...document, text: setIn(document.text, path, raw) };
}

/** An element or member less. */
export function remove(document: Document, path: Path): Document {
  const above = `${nameOf(path.slice(0, -1))}`;
  const kept = Object.entries(document.drafts).filter(
    ([name]) => !name.startsWith(`${above}/`) && !name.startsWith(`${above}#`),
  );
  return { ...document, text: drop(document, path), drafts: Object.fromEntries(kept) };
}

/** The members at a path, none where there is no such list or object. */
export function membersAt(document: Document, path: Path): JsonNode["members"] {
  const { root } = readJson(document.text);
  return (root && nodeAt(root, path)?.members) ?? [];
}

/** What keeps it from being sent: half-typed fields, by their names. */
export function draftProblems(document: Document): readonly { readonly path: string; readonly message: string }[] {
  return Object.entries(document.drafts)
    .filter(
      ([name, { raw, problem }]) =>
        problem !== undefined && (name.includes("#") || raw === rawAt(document.text, name.split("/").map(step))),
    )
    .map(([name, { typed, problem }]) => ({ path: `/${name}`, message: `"${typed}": ${problem}` }));
}

/** The mistake in the text, with its line. */
export function mistakeOf(text: string): { readonly line: number; readonly message: string } | undefined {
  const { problem } = readJson(text);
  return problem && { line: lineAt(text, problem.at), message: problem.message };
}

/** The JSON at a path, as written. */
export function rawAt(text: string, path: Path): string | undefined {
  const { root } = readJson(text);
  const node = root && nodeAt(root, path);
  return node && text.slice(node.start, node.end);
}

/** What the form made goes with its last field; what a person wrote stays, and so do rows of lists. */
function drop(document: Document, path: Path): string {
  return dropIn(
    document.text,
    path,
    (above) => typeof above.at(-1) === "number" || rawAt(document.original, above) !== undefined,
  );
}

function draft(document: Document, path: Path, fresh: Draft): Document {
  return { ...document, drafts: { ...document.drafts, [nameOf(path)]: fresh } };
}

function without(drafts: Document["drafts"], name: string): Document["drafts"] {
  return Object.fromEntries(Object.entries(drafts).filter(([each]) => each !== name));
}

function step(part: string): string | number {
  return /^\d+$/.test(part) ? Number(part) : part.replaceAll("~1", "/");
}

function asTyped(raw: string, kind: Kind): string | undefined {
  const value: unknown = JSON.parse(raw);
  if (kind === "number") return typeof value === "number" ? raw : undefined;
  if (kind === "flag") return typeof value === "boolean" ? raw : undefined;
  if (kind !== "lines") return typeof value === "string" ? value : undefined;
  const isPlain = Array.isArray(value) && value.every((line) => typeof line === "string" && !line.includes("\n"));
  return isPlain ? value.join("\n") : undefined;
}

function asRaw(typed: string, kind: Kind): string {
  if (kind === "number" || kind === "flag") return typed;
  return kind === "lines" ? JSON.stringify(typed.replace(/\n+$/, "").split("\n")) : JSON.stringify(typed);
}
