/** Changes of one place in a JSON text. All else stays as somebody wrote it: fields nobody knows, order, spaces, 1.0.
 *
 * Paths that lead through something that is neither object nor list change nothing; null counts as absent.
 */

import { type JsonMember, type JsonNode, nodeAt, type Path, readJson, type Step } from "./json_text";

/** Put the JSON text `raw` at a path; objects and lists on the way are made where they are missing. */
export function setIn(text: string, path: Path, raw: string): string {
  const { root } = readJson(text);
  if (root === undefined) return text;
  let node = root;
  for (const [index, step] of path.entries()) {
    if (text.slice(node.start, node.end) === "null" && index > 0)
      return replace(text, node, wrap(path.slice(index), raw));
    if (!holds(node, step)) return text;
    const next = nodeAt(node, [step]);
    if (next === undefined) return insert(text, node, step, wrap(path.slice(index + 1), raw));
    node = next;
  }
  return replace(text, node, raw);
}

/** Take away what stands at a path, and what it leaves empty above it, save what `keeps` says. */
export function dropIn(text: string, path: Path, keeps: (above: Path) => boolean): string {
  const { root } = readJson(text);
  const above = root && nodeAt(root, path.slice(0, -1));
  const index = above?.members.findIndex((member) => member.key === path.at(-1)) ?? -1;
  if (above === undefined || index < 0) return text;
  if (above.members.length === 1 && path.length > 1 && !keeps(path.slice(0, -1))) {
    return dropIn(text, path.slice(0, -1), keeps);
  }
  const [from, to] = extent(above, index);
  return text.slice(0, from) + text.slice(to);
}

/** Give the member at a path another name; it keeps its place. The text stays where that name is taken. */
export function renameIn(text: string, path: Path, name: string): string {
  const { root } = readJson(text);
  const above = root && nodeAt(root, path.slice(0, -1));
  const member = above?.members.find((each) => each.key === path.at(-1));
  if (member === undefined || above?.kind !== "object" || nodeAt(above, [name])) return text;
  const end = member.start + nameLength(text, member);
  return text.slice(0, member.start) + JSON.stringify(name) + text.slice(end);
}

/** The text laid out by lines, two spaces a level; numbers and order stay. A text with a mistake stays as it is. */
export function layOut(text: string): string {
  const { root } = readJson(text);
  return root === undefined ? text : lay(text, root, "");
}

function lay(text: string, node: JsonNode, indent: string): string {
  if (node.members.length === 0) return node.kind === "object" ? "{}" : node.kind === "array" ? "[]" : raw(text, node);
  const isObject = node.kind === "object";
  const isShort = !isObject && node.members.every(({ node: { members } }) => members.length === 0);
  const inner = isShort ? "" : `${indent}  `;
  const parts = node.members.map(
    ({ key, node: child }) => (isObject ? `${JSON.stringify(key)}: ` : "") + lay(text, child, inner),
  );
  if (isShort && parts.join(", ").length < 80) return `[${parts.join(", ")}]`;
  const lines = parts.map((part) => `\n${indent}  ${part}`).join(",");
  return `${isObject ? "{" : "["}${lines}\n${indent}${isObject ? "}" : "]"}`;
}

function raw(text: string, node: JsonNode): string {
  return text.slice(node.start, node.end);
}

function holds(node: JsonNode, step: Step): boolean {
  return typeof step === "string" ? node.kind === "object" : node.kind === "array" && step <= node.members.length;
}

function replace(text: string, node: JsonNode, fresh: string): string {
  return text.slice(0, node.start) + shift(fresh, indentAt(text, node.start)) + text.slice(node.end);
}

/** Into an object or list, at its end. */
function insert(text: string, node: JsonNode, step: Step, fresh: string): string {
  const name = typeof step === "string" ? `${JSON.stringify(step)}: ` : "";
  const last = node.members.at(-1);
  const indent = indentAt(text, last?.start ?? node.start);
  if (last === undefined) {
    const inner = `${indent}  `;
    const body = `\n${inner}${name}${shift(fresh, inner)}\n${indent}`;
    return text.slice(0, node.start + 1) + body + text.slice(node.end - 1);
  }
  const begun = text.slice(text.lastIndexOf("\n", last.start - 1) + 1, last.start);
  const gap = begun === indent ? `,\n${indent}` : ", ";
  return text.slice(0, last.node.end) + gap + name + shift(fresh, indent) + text.slice(last.node.end);
}

function extent(above: JsonNode, index: number): readonly [number, number] {
  const [before, member, after] = [above.members[index - 1], above.members[index], above.members[index + 1]];
  if (before !== undefined && member !== undefined) return [before.node.end, member.node.end];
  if (member !== undefined && after !== undefined) return [member.start, after.start];
  return [above.start + 1, above.end - 1];
}

function nameLength(text: string, member: JsonMember): number {
  const end = text.slice(member.start, member.node.start).lastIndexOf('"');
  return end + 1;
}

/** A value below the steps that are missing. */
function wrap(path: Path, fresh: string): string {
  return path.reduceRight<string>((inner, step) => {
    const [open, close] = typeof step === "string" ? [`{\n  ${JSON.stringify(step)}: `, "\n}"] : ["[", "]"];
    return open + (typeof step === "string" ? shift(inner, "  ") : inner) + close;
  }, fresh);
}

function indentAt(text: string, at: number): string {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", at - 1) + 1, at))?.[0] ?? "";
}

function shift(lines: string, indent: string): string {
  return lines.replaceAll("\n", `\n${indent}`);
}
