/** What an order will do, as sentences that are shown before it is given; and what a refusal says of deployments in the way. */

import type { Refused } from "../ask/ask";
import { amountsText } from "../model/amounts";
import type { AppRow, InstanceRow } from "../model/rows";

type Sized = Pick<AppRow, "instances" | "resources">;

export interface Plan {
  readonly steps: readonly {
    readonly actions: readonly { readonly action: string; readonly app?: string; readonly pod?: string }[];
  }[];
  readonly changes: readonly {
    readonly id: string;
    readonly action: "create" | "remove" | "change";
    readonly fields: readonly { readonly path: string; readonly from?: unknown; readonly to?: unknown }[];
  }[];
  readonly conflicts: readonly { readonly id: string }[];
  readonly placement: readonly {
    readonly id: string;
    readonly wanted: number;
    readonly placed: number;
    readonly incomplete?: boolean;
    readonly agents: readonly { readonly hostname: string; readonly instances: number }[];
    readonly refusals: readonly { readonly hostname: string; readonly explanation: readonly string[] }[];
  }[];
}

/** "1 instance", "3 instances". */
export function count(number: number, noun = "instance"): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Setting how many instances there are. */
export function scaleEffect(app: Sized, wanted: number): string {
  const more = wanted - app.instances;
  if (more === 0) return `It has ${count(wanted)} already: nothing changes.`;
  if (wanted === 0) return suspendEffect(app);
  if (more < 0) return `Stops ${-more} of ${count(app.instances)}; ${wanted} ${wanted === 1 ? "stays" : "stay"}.`;
  const needs = Object.fromEntries(Object.entries(app.resources).map(([name, value]) => [name, value * more]));
  return `Starts ${count(more)}, which ${more === 1 ? "takes" : "take"} ${amountsText(needs)}; ${wanted} in all.`;
}

/** Having no instance for a while. */
export function suspendEffect(app: Sized): string {
  const all = app.instances === 1 ? "the only instance" : `all ${app.instances} instances`;
  return `Stops ${all}. The definition and its versions stay; Resume brings ${count(app.instances)} back.`;
}

/** Replacing all instances under an upgrade strategy. */
export function restartEffect(
  app: Sized,
  strategy: { minimumHealthCapacity?: number; maximumOverCapacity?: number } = {},
): string {
  if (app.instances === 0) return "It has no instance: nothing is replaced.";
  const least = Math.ceil(app.instances * (strategy.minimumHealthCapacity ?? 1));
  const most = app.instances + Math.floor(app.instances * (strategy.maximumOverCapacity ?? 1));
  return `Replaces ${count(app.instances)} by new ones: at least ${least} stay up meanwhile, at most ${most} run at once.`;
}

/** Taking the whole app away. */
export function destroyEffect(app: Sized, kind = "app"): string {
  const stopped = app.instances === 0 ? "It has no instance." : `Stops ${count(app.instances)}.`;
  return `${stopped} The ${kind}'s definition and all its versions are deleted; instances' files go when the agent cleans up.`;
}

/** Killing some instances: others start for them, unless the app shrinks by them. */
export function killEffect(app: Sized, killed: number, scale: boolean, wipe: boolean): string {
  const kills = `Kills ${count(killed)}.`;
  if (scale)
    return `${kills} The app shrinks from ${app.instances} to ${Math.max(0, app.instances - killed)}; none starts again.`;
  const data = wipe ? " What they keep on persistent volumes is deleted." : "";
  return `${kills} ${killed === 1 ? "Another starts" : `${killed} others start`} in their place.${data}`;
}

/** What a dry run found, a sentence each. `instancesOf` says how many an app has now. */
export function planEffects(plan: Plan, instancesOf: (id: string) => number): string[] {
  const actions = plan.steps.flatMap((step) => step.actions);
  const restarted = new Set(actions.filter(({ action }) => /^Restart/.test(action)).map(({ app, pod }) => app ?? pod));
  const said = plan.changes.map(({ id, action, fields }) => {
    const field = fields.find(({ path }) => path === "/instances" || path === "/scaling/instances");
    const before = typeof field?.from === "number" ? field.from : action === "create" ? 0 : instancesOf(id);
    const after = typeof field?.to === "number" ? field.to : action === "create" ? 1 : before;
    if (action === "create") return `creates ${id} and starts ${count(after)}`;
    if (action === "remove") return `deletes ${id} and stops its instances`;
    const scaled =
      after > before ? `starts ${count(after - before)}` : after < before ? `stops ${count(before - after)}` : "";
    if (restarted.has(id))
      return [`restarts ${count(Math.min(before, after))} of ${id}`, scaled].filter(Boolean).join(" and ");
    return scaled ? `${scaled} of ${id}` : `changes ${id}; no instance is touched`;
  });
  return said.length > 0 ? said : ["nothing would change"];
}

/** Where what starts would land now, a sentence for each app. */
export function landings(plan: Plan): string[] {
  return plan.placement.map(({ id, wanted, placed, agents, refusals, incomplete }) => {
    const where = agents.slice(0, 5).map(({ hostname, instances }) => `${hostname} (${instances})`);
    const found = `${id}: ${placed} of ${wanted} would find a place now`;
    const on =
      where.length > 0
        ? ` on ${where.join(", ")}${agents.length > 5 ? ` and ${agents.length - 5} more agents` : ""}`
        : "";
    const why = placed < wanted ? mostFrequent(refusals.flatMap(({ explanation }) => explanation)) : undefined;
    return `${found}${on}${incomplete ? ", and no more was tried" : ""}${why === undefined ? "" : `; others: ${why}`}`;
  });
}

function mostFrequent(texts: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort((one, other) => other[1] - one[1])[0]?.[0];
}

/** The deployments that lock what an order wanted to change; none where it was refused for another reason. */
export function lockedBy(error: Pick<Refused, "status" | "body">): string[] {
  const found = (error.body as { deployments?: unknown } | null)?.deployments;
  if (error.status !== 409 || !Array.isArray(found)) return [];
  return found.map((each: { id?: unknown }) => String(each?.id ?? "")).filter(Boolean);
}

/** An instance of an older definition than the app's; scaling alone makes none old. */
export function isOld(app: Pick<AppRow, "configured">, instance: Pick<InstanceRow, "version">): boolean {
  return Date.parse(instance.version) < Date.parse(app.configured);
}
