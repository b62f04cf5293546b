/** Which place of a JSON text a server's complaint means. Paths are Marathon's: `/container/volumes(0)/hostPath`, `/` for all. */

import { type JsonNode, lineAt, type Path, readJson, type Step } from "./json_text";

export interface Place {
  /** The steps that are really there; the rest of the path is missing in the text. */
  readonly path: Path;
  readonly node: JsonNode;
  readonly line: number;
}

/** The deepest place on a path that the text has, or undefined for a text with a mistake. */
export function placeOf(text: string, path: string): Place | undefined {
  const { root } = readJson(text);
  if (root === undefined) return undefined;
  const steps: Step[] = [];
  let [node, start, rest] = [root, root.start, path];
  for (;;) {
    const found = next(node, rest);
    if (found === undefined) return { path: steps, node, line: lineAt(text, start) };
    steps.push(found.step);
    [node, start, rest] = [found.node, found.start, found.rest];
  }
}

/** The steps a path names, where a text would have them all; names with a slash inside can't be told from two. */
export function stepsOf(path: string): Path {
  return [...path.matchAll(/\((\d+)\)|([^/()]+)/g)].map(([, index, name]) =>
    index === undefined ? (name ?? "") : Number(index),
  );
}

interface Next {
  readonly step: Step;
  readonly node: JsonNode;
  readonly start: number;
  readonly rest: string;
}

/** The member that a path goes on to: the longest name that fits, as names may hold slashes and brackets. */
function next(node: JsonNode, rest: string): Next | undefined {
  let best: Next | undefined;
  for (const { key, start, node: child } of node.members) {
    for (const said of typeof key === "number" ? [`(${key})`, `/${key}`, `[${key}]`] : [`/${key}`, key]) {
      if (!rest.startsWith(said) || /^[^/([]/.test(rest.slice(said.length))) continue;
      const longer = best === undefined || rest.length - said.length < best.rest.length;
      if (longer) best = { step: key, node: child, start, rest: rest.slice(said.length) };
    }
  }
  return best;
}

/** Which of a form's fields shows a complaint about `problem`: itself, what holds it, or the first inside it. */
export function fieldFor(problem: Path, fields: readonly Path[]): Path | undefined {
  const above = fields.filter((field) => field.every((step, index) => step === problem[index]));
  const best = above.sort((one, other) => other.length - one.length)[0];
  if (best !== undefined || problem.length === 0) return best;
  return fields.find((field) => problem.every((step, index) => step === field[index]));
}
