/** What is wrong with what is being edited, from all who say so, and where each side of the editor shows it. */

import type { Problem } from "../problems";
import { type Document, draftProblems, mistakeOf, rawAt } from "./document";
import { elementFor } from "./form_fields";
import { placeOf, stepsOf } from "./json_places";
import type { Path } from "./json_text";

/** A complaint of the server's, and the JSON that it was about: it holds for as long as that stands. */
export interface Complaint extends Problem {
  readonly raw: string | undefined;
}

export interface Found {
  readonly message: string;
  readonly line: number;
  /** The name of the form's element that shows it; missing where there is none. */
  readonly element?: string | undefined;
}

/** The server's complaints about a text that was just sent; of a list of one app the list is left out. */
export function complaintsOf(text: string, problems: readonly Problem[], isOne: boolean): Complaint[] {
  return problems.map(({ path, message }) => {
    const own = isOne ? path.replace(/^\/?(?:apps)?[([]0[)\]]\/?/, "/") : path;
    return { path: own, message, raw: rawOf(text, own) };
  });
}

/** All that is wrong now, the first in the text first. A text that can't be read has that mistake alone. */
export function findings(document: Document, complaints: readonly Complaint[]): Found[] {
  const mistake = mistakeOf(document.text);
  if (mistake !== undefined) return [mistake];
  const half = draftProblems(document).map(({ path, message }) => ({
    message,
    line: lineOf(document.text, path),
    element: path.slice(1),
  }));
  const said = complaints
    .filter(({ path, raw }) => raw === rawOf(document.text, path))
    .map(({ path, message }) => ({
      message: named(path, message),
      line: lineOf(document.text, path),
      element: elementFor(stepsIn(document.text, path)),
    }));
  return [...half, ...said].sort((one, other) => one.line - other.line);
}

/** What is shown at each element, and at each line. */
export function byElement(found: readonly Found[]): ReadonlyMap<string, string> {
  return grouped(found.flatMap(({ element, message }) => (element === undefined ? [] : [[element, message] as const])));
}

export function byLine(found: readonly Found[]): ReadonlyMap<number, string> {
  return grouped(found.map(({ line, message }) => [line, message] as const));
}

function grouped<Key>(pairs: readonly (readonly [Key, string])[]): ReadonlyMap<Key, string> {
  const all = new Map<Key, string>();
  for (const [key, message] of pairs) all.set(key, all.has(key) ? `${all.get(key)}; ${message}` : message);
  return all;
}

/** The place that is there, then the steps that are missing. */
function stepsIn(text: string, path: string): Path {
  const there = placeOf(text, path)?.path ?? [];
  const plain = stepsOf(path);
  return there.length < plain.length ? [...there, ...plain.slice(there.length)] : there;
}

function rawOf(text: string, path: string): string | undefined {
  return rawAt(text, stepsIn(text, path));
}

function lineOf(text: string, path: string): number {
  return placeOf(text, path)?.line ?? 1;
}

function named(path: string, message: string): string {
  return path.length > 1 ? `${path.replace(/^\//, "")}: ${message}` : message;
}
