/** What a JSON text defines (an app, several, a group or a pod), where it is sent, and how it reads without what is not its own. */

import { dropIn, layOut } from "./editor/json_edit";
import { type JsonNode, lineAt, nodeAt, readJson } from "./editor/json_text";

export type Kind = "app" | "apps" | "group" | "pod";

export interface Definition {
  readonly kind: Kind;
  /** Absolute; of the one, or of each of several. */
  readonly ids: readonly string[];
  /** The JSON as it is sent: numbers and order as written. */
  readonly text: string;
  /** How many lines stand before it in the text that was read. */
  readonly line: number;
}

export interface Mistake {
  readonly line: number;
  readonly message: string;
}

/** One request: its path is below /ui/api/marathon/. */
export interface Sending {
  readonly method: "POST" | "PUT";
  readonly path: string;
  readonly text: string;
}

/** Fields that answers have and nobody defines. */
const NOT_DEFINED = [
  "version",
  "versionInfo",
  "tasks",
  "tasksStaged",
  "tasksRunning",
  "tasksHealthy",
  "tasksUnhealthy",
  "deployments",
  "lastTaskFailure",
  "readinessCheckResults",
  "taskStats",
];

/** Read it, or say what is wrong. Answers of Marathon's are taken as well: `{"app": {...}}` and `{"apps": [...]}`. */
export function readDefinition(text: string): Definition | Mistake {
  const { root, problem } = readJson(text);
  if (root === undefined) return { line: lineAt(text, problem.at), message: problem.message };
  const node = unwrap(root);
  const line = lineAt(text, node.start) - 1;
  const shown = { text: text.slice(node.start, node.end), line };
  if (node.kind === "array") return several(text, node, shown);
  if (node.kind !== "object") return { line: line + 1, message: "a definition is a JSON object, or a list of apps" };
  const kind = kindOf(node);
  const id = idOf(text, node);
  if (id === undefined && kind !== "group")
    return { line: line + 1, message: "the id is missing: a text such as /shop/web" };
  return { kind, ids: [id ?? "/"], ...shown };
}

/** The request that has it: new ones are made with POST, so that nobody's app of the same id is changed by mistake. */
export function sending(found: Definition, isNew: boolean, force = ""): Sending {
  const { kind, text } = found;
  const id = found.ids[0] ?? "/";
  const query = force && `force=${force}`;
  const whole = `?${["partialUpdate=false", query].filter(Boolean).join("&")}`;
  const suffix = query && `?${query}`;
  if (kind === "apps") return { method: "PUT", path: `v2/apps${whole}`, text };
  if (kind === "group") return { method: "PUT", path: `v2/groups${idPath(id)}${suffix}`, text };
  const noun = kind === "pod" ? "pods" : "apps";
  if (isNew) return { method: "POST", path: `v2/${noun}${suffix}`, text };
  return { method: "PUT", path: `v2/${noun}${idPath(id)}${kind === "pod" ? suffix : whole}`, text };
}

/** The body of `POST /koinon/plan` for it; `agents` as the master's GET_AGENTS has them. */
export function planBody(found: Definition, agents: readonly unknown[]): string {
  const { kind, text } = found;
  const [name, value] = kind === "app" ? ["apps", `[${text}]`] : [kind, text];
  return `{"${name}":${value},"agents":${JSON.stringify(agents)}}`;
}

/** The way an answer's definition is shown for change: laid out, without what only answers have. */
export function editable(answered: unknown): string {
  let text = layOut(JSON.stringify(answered));
  for (const name of NOT_DEFINED) text = dropIn(text, [name], () => false);
  return text;
}

/** An id as a path below v2/apps, v2/pods or v2/groups. */
export function idPath(id: string): string {
  return id
    .split("/")
    .filter(Boolean)
    .map((part) => `/${encodeURIComponent(part)}`)
    .join("");
}

function several(text: string, node: JsonNode, shown: { text: string; line: number }): Definition | Mistake {
  const ids: string[] = [];
  for (const { node: member } of node.members) {
    const id = idOf(text, member);
    const line = lineAt(text, member.start);
    if (member.kind !== "object" || kindOf(member) !== "app") return { line, message: "a list may hold apps alone" };
    if (id === undefined) return { line, message: "this app has no id" };
    ids.push(id);
  }
  return ids.length > 0 ? { kind: "apps", ids, ...shown } : { line: shown.line + 1, message: "the list is empty" };
}

function unwrap(root: JsonNode): JsonNode {
  const inner = nodeAt(root, ["app"]) ?? nodeAt(root, ["apps"]);
  const isAnswer = root.members.length === 1 && inner !== undefined && inner.members.length > 0;
  return isAnswer ? inner : root;
}

function kindOf(node: JsonNode): Exclude<Kind, "apps"> {
  if (nodeAt(node, ["containers"])?.kind === "array") return "pod";
  return ["apps", "groups", "pods"].some((name) => nodeAt(node, [name])) ? "group" : "app";
}

function idOf(text: string, node: JsonNode): string | undefined {
  const id = nodeAt(node, ["id"]);
  if (id?.kind !== "string") return undefined;
  const bare = (JSON.parse(text.slice(id.start, id.end)) as string).replace(/^\/+|\/+$/g, "");
  return bare === "" ? undefined : `/${bare}`;
}
