/** What the master says of one framework at `/koinon/explain`, and what would feed it: the words of `koinon framework why`. Pure. */

import type { Amounts } from "../model/rows";

export interface Rival {
  readonly kind: "role" | "framework";
  readonly id: string;
  readonly name: string;
  readonly share: number;
  readonly weight: number;
  readonly rank: number;
  readonly wants_offers: boolean;
  readonly is_own: boolean;
}

export interface Standing {
  readonly role: string;
  readonly suppressed?: boolean;
  readonly share?: number;
  readonly fair_share?: number;
  readonly least: readonly Amounts[];
  readonly levels: readonly (readonly Rival[])[];
  readonly refused: readonly { readonly agent_id: string; readonly amounts: Amounts; readonly until?: number }[];
}

export interface Refusal {
  readonly role: string;
  readonly agent_id: string;
  readonly hostname: string;
  readonly filter: string;
  readonly reason: string;
  readonly free: Amounts;
}

export interface Quota {
  readonly limit: Readonly<Record<string, number | string>>;
  readonly guarantee: Readonly<Record<string, number | string>>;
  readonly consumed: Readonly<Record<string, number | string>>;
}

export interface Explanation {
  readonly standings: readonly Standing[];
  readonly refusals: readonly Refusal[];
}

/** One role of one framework. */
export interface RoleView {
  readonly standing: Standing;
  readonly refusals: readonly Refusal[];
  /** Of the outermost role. */
  readonly quota: Quota | undefined;
  /** How many agents there are. */
  readonly agents: number;
}

/** Each role with its part of the answer. */
export function roleViews(told: Explanation, quotas: ReadonlyMap<string, Quota>, agents: number): RoleView[] {
  return told.standings.map((standing) => ({
    standing,
    refusals: told.refusals.filter((refusal) => refusal.role === standing.role),
    quota: quotas.get(topOf(standing.role)),
    agents,
  }));
}

/** The outermost role, which quota is about. */
export function topOf(role: string): string {
  return role.split("/")[0] ?? role;
}

export interface FilterCount {
  readonly filter: string;
  readonly agents: readonly Refusal[];
}

/** What keeps how many agents back, most first. */
export function byFilter(refusals: readonly Refusal[]): FilterCount[] {
  const groups = new Map<string, Refusal[]>();
  for (const refusal of refusals) {
    const group = groups.get(refusal.filter);
    if (group === undefined) groups.set(refusal.filter, [refusal]);
    else group.push(refusal);
  }
  const counted = [...groups].map(([filter, agents]) => ({ filter, agents }));
  return counted.sort((one, other) => other.agents.length - one.agents.length);
}

/** The filter to begin with: what holds for the whole role, else what holds most agents back. */
export function causeOf({ refusals, quota }: RoleView): string | undefined {
  const counts = byFilter(refusals);
  const has = (name: string) => counts.some((one) => one.filter === name);
  const whole = ["paused", "inactive", "suppressed", "limit"].find(has);
  // What is offered up to a limit lacks what is wanted, and is refused.
  if (whole === undefined && fullOf(quota).length > 0 && (has("refused") || has("too little"))) return "limit";
  return whole ?? counts[0]?.filter;
}

/** What would feed it in this role, after the words "would be fed by". */
export function advise(view: RoleView): string {
  const cause = causeOf(view);
  if (cause === undefined) {
    return view.agents > 0 ? "nothing more: what is free is about to be offered to it" : "an agent: none is registered";
  }
  const rule = Object.hasOwn(RULES, cause) ? RULES[cause] : undefined;
  return rule === undefined ? (view.refusals[0]?.reason ?? cause) : rule(view);
}

/** The same for all roles in one line. */
export function adviseAll(views: readonly RoleView[]): string {
  if (views.length === 0) return "being there: it is in no role";
  const [first] = views;
  if (views.length === 1 && first) return advise(first);
  return views.map((view) => `in role ${view.standing.role}, ${advise(view)}`).join("; ");
}

function fullOf(quota: Quota | undefined): string[] {
  if (quota === undefined) return [];
  return Object.keys(quota.limit).filter((name) => Number(quota.consumed[name] ?? 0) >= Number(quota.limit[name]));
}

function afterLimit({ standing, quota }: RoleView): string {
  const top = topOf(standing.role);
  const names = fullOf(quota).map((name) => `${name}=...`);
  return `a higher limit of role ${top}, which may have ${quotaText(quota?.limit)} and has ${quotaText(quota?.consumed)}: koinon quota set ${top} --limit ${names.join(",") || "..."}`;
}

function afterRefusals({ standing, refusals }: RoleView): string {
  const refused = most(standing.refused.map((one) => one.amounts));
  const wanted = leastText(standing) || `more than it refused, which was up to ${nonzero(refused)}`;
  return `an agent with ${wanted} (${nonzero(mostFree(refusals))} is the most that is free now); or a REVIVE, which ends its refusals, if it can use what is there after all`;
}

function afterTooLittle({ standing, refusals }: RoleView): string {
  const least = leastText(standing) || "the least that the master offers";
  return `an agent with ${least} free: at most ${nonzero(mostFree(refusals))} is free on one`;
}

function afterAllocation({ standing }: RoleView): string {
  const biggest = biggestRival(standing);
  if (biggest === undefined) return "another agent, or tasks of its own that end: it has all that there is";
  const share = `${(biggest.share * 100).toFixed(0)}%`;
  const frees = `tasks of ${biggest.kind} ${biggest.name} that end (its share is ${share})`;
  const found = rivalAhead(standing);
  if (found === undefined) return `${frees}, or another agent: it is next in line for whatever comes free`;
  const { own, ahead } = found;
  const before = `${ahead.kind} ${ahead.name} is asked before it`;
  if (own.kind === "role" && ahead.rank > 0) {
    const weight = Number((own.share / ahead.rank).toPrecision(3));
    return `${frees}, and a weight of more than ${weight} (koinon role weight ${own.name} ...): ${before}`;
  }
  return `${frees}, or another agent; ${before}, as that one has less by its weight`;
}

/** Itself and who is asked before it, at the first level where somebody is. */
function rivalAhead({ levels }: Standing): { own: Rival; ahead: Rival } | undefined {
  for (const level of levels) {
    const own = level.find((one) => one.is_own);
    const ahead = own && level.find((one) => one.wants_offers && one.rank < own.rank);
    if (own && ahead) return { own, ahead };
  }
  return undefined;
}

/** Of the first level at which others hold anything, the one with most by its weight. */
function biggestRival({ levels }: Standing): Rival | undefined {
  for (const level of levels) {
    const rivals = level.filter((one) => !one.is_own && one.share > 0);
    if (rivals.length > 0) return rivals.reduce((one, other) => (other.rank > one.rank ? other : one));
  }
  return undefined;
}

function mostFree(refusals: readonly Refusal[]): Amounts {
  return most(refusals.map((one) => one.free));
}

function most(many: readonly Amounts[]): Amounts {
  const found: Record<string, number> = {};
  for (const each of many) {
    for (const [name, amount] of Object.entries(each)) found[name] = Math.max(amount, found[name] ?? 0);
  }
  return Object.fromEntries(Object.entries(found).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** What it says it wants at least: "cpus:1 mem:32 or gpus:1"; "" where it says nothing. */
export function leastText(standing: Standing): string {
  return standing.least.map(nonzero).join(" or ");
}

function nonzero(amounts: Amounts): string {
  const parts = Object.entries(amounts).filter(([, amount]) => amount !== 0);
  return parts.map(([name, amount]) => `${name}:${short(amount)}`).join(" ") || "-";
}

/** Limits of nothing are shown, as they say the most. */
export function quotaText(amounts: Quota["limit"] | undefined): string {
  const parts = Object.entries(amounts ?? {}).filter(([, amount]) => typeof amount === "number");
  return parts.map(([name, amount]) => `${name}:${short(Number(amount))}`).join(" ") || "nothing";
}

/** Six digits, as the command line writes numbers. */
function short(amount: number): string {
  const [digits = "", power] = amount.toPrecision(6).split("e");
  return power === undefined ? `${Number(digits)}` : `${Number(digits)}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

const RULES: Readonly<Record<string, (view: RoleView) => string>> = {
  inactive: () => "coming back: the master has no connection to it",
  suppressed: ({ standing }) => `a REVIVE of role ${standing.role}: it asked to be offered nothing until then`,
  limit: afterLimit,
  headroom: () => "lower guarantees of other roles, for which what is free is kept: koinon quota list",
  refused: afterRefusals,
  "too little": afterTooLittle,
  allocated: afterAllocation,
  reserved: () => "resources that are reserved for its role or for nobody, or a role that they are reserved for",
  gpus: () => "the capability GPU_RESOURCES: without it agents with GPUs are not offered",
  region: () => "the capability REGION_AWARE, or agents in the masters' own region",
  "offer constraint": () => "offer constraints of its own that admit an agent",
  agent: () => "agents that are connected and active: koinon agent list, koinon agent reactivate",
  whitelist: () => "a whitelist of the master's that names more agents",
  empty: () => "agents that have resources",
};
