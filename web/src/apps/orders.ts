/** What is asked of Marathon about apps, pods and groups, and ordered of it. */

import { type Answer, ask } from "../ask/ask";
import type { AppRow } from "../model/rows";
import { killPath } from "../tasks/ending";
import { type Definition, idPath, planBody, type Sending } from "./definitions";
import type { Plan } from "./effects";

export type Target = Pick<AppRow, "id" | "kind">;

/** The resource of an app or pod, below /ui/api/. */
export function resource({ id, kind }: Target): string {
  return `marathon/v2/${kind}s${idPath(id)}`;
}

/** An app's or pod's JSON as it is now. */
export async function readNow(target: Target): Promise<Answer<Record<string, unknown>>> {
  const answer = await ask<Record<string, unknown>>("GET", resource(target));
  return answer.ok && target.kind === "app" ? { ok: true, body: answer.body.app as Record<string, unknown> } : answer;
}

/** The times of the kept versions, newest first. */
export async function readVersions(target: Target): Promise<Answer<string[]>> {
  const answer = await ask<{ versions: string[] } | string[]>("GET", versionsPath(target));
  if (!answer.ok) return answer;
  const versions = Array.isArray(answer.body) ? answer.body : answer.body.versions;
  return { ok: true, body: versions.toSorted().reverse() };
}

/** The JSON as of a version. */
export function readVersion(target: Target, version: string): Promise<Answer<Record<string, unknown>>> {
  return ask("GET", `${versionsPath(target)}/${encodeURIComponent(version)}`);
}

/** How many instances a suspended app had last: its newest version with any; 1 where none tells. */
export async function lastCount(target: Target): Promise<number> {
  const versions = await readVersions(target);
  for (const version of versions.ok ? versions.body.slice(0, 20) : []) {
    const answer = await readVersion(target, version);
    const found = answer.ok ? countOf(answer.body) : 0;
    if (found > 0) return found;
  }
  return 1;
}

/** How many instances a definition wants. */
export function countOf(definition: Record<string, unknown>): number {
  const scaling = definition.scaling as { instances?: number } | undefined;
  return (definition.instances as number | undefined) ?? scaling?.instances ?? 1;
}

/** Have so many instances. */
export async function scale(target: Target, instances: number, force: boolean): Promise<Answer<unknown>> {
  if (target.kind === "app") return ask("PUT", `${resource(target)}?force=${force}`, { instances });
  const now = await readNow(target);
  if (!now.ok) return now;
  const { version, ...pod } = now.body;
  return ask("PUT", `${resource(target)}?force=${force}`, { ...pod, scaling: { kind: "fixed", instances } });
}

/** Kill instances; `ids` are instance ids of a pod, task ids of an app. */
export function kill(
  target: Target,
  ids: readonly string[],
  how: { scale: boolean; wipe: boolean; force: boolean },
): Promise<Answer<unknown>> {
  if (target.kind === "pod") return ask("DELETE", `${resource(target)}::instances?wipe=${how.wipe}`, ids);
  return ask("POST", `${killPath(how)}&force=${how.force}`, { ids });
}

/** Take back a version; pods are sent their whole definition of then. */
export async function rollBack(target: Target, version: string, force: boolean): Promise<Answer<unknown>> {
  if (target.kind === "app") return ask("PUT", `${resource(target)}?force=${force}`, { version });
  const then = await readVersion(target, version);
  if (!then.ok) return then;
  const { version: _, ...pod } = then.body;
  return ask("PUT", `${resource(target)}?force=${force}`, pod);
}

/** Send JSON as it was written. */
export function send({ method, path, text }: Sending): Promise<Answer<unknown>> {
  return ask(method, `marathon/${path}`, new Blob([text], { type: "application/json" }));
}

/** A dry run: what a definition would change, and where it would land among these agents. */
export function plan(found: Definition, agents: readonly unknown[]): Promise<Answer<Plan>> {
  const body = new Blob([planBody(found, agents)], { type: "application/json" });
  return ask("POST", "marathon/koinon/plan?partialUpdate=false", body);
}

/** All agents as GET_AGENTS has them, as far as placing needs it; none where no master tells. */
export async function readAgents(): Promise<readonly unknown[]> {
  type Agent = {
    active?: boolean;
    total_resources?: unknown;
    allocated_resources?: unknown;
    agent_info: Record<string, unknown>;
  };
  const answer = await ask<{ get_agents?: { agents?: Agent[] } }>("POST", "cluster/api/v1", { type: "GET_AGENTS" });
  const agents = (answer.ok && answer.body?.get_agents?.agents) || [];
  return agents.map(
    ({ active, total_resources, allocated_resources, agent_info: { id, hostname, attributes, domain } }) => ({
      active,
      total_resources,
      allocated_resources,
      agent_info: { id, hostname, attributes, domain },
    }),
  );
}

/** The deployment that an order began, where the answer names it. */
export function deploymentOf(body: unknown): string | undefined {
  const answered = body as { deploymentId?: string; deployments?: readonly { id: string }[] } | null;
  return answered?.deploymentId ?? answered?.deployments?.[0]?.id;
}

function versionsPath(target: Target): string {
  return resource(target) + (target.kind === "pod" ? "::versions" : "/versions");
}
