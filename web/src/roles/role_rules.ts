/** What a role's amounts say, and the orders about weight and quota. Pure: calls are values (mesos-operator-api 2). */

import { amountText, percentText, resourceNames } from "../model/amounts";
import type { Amounts, RoleRow } from "../model/rows";

/** Where a role stands against its due, in words: "38% of the cluster by mem, its fair share is 25%". */
export function shareText(row: RoleRow): string {
  const held =
    row.dominant === undefined ? "holds nothing" : `${percentText(row.share)} of the cluster by ${row.dominant}`;
  return `${held}, its fair share is ${percentText(row.fair_share)}`;
}

export type Standing = "starves" | "wants" | "quiet";

/** Whether it waits in vain, wants more, or wants nothing. */
export function standingOf(row: RoleRow): Standing {
  if (row.starves !== undefined && row.starves.length > 0) return "starves";
  return row.wants ? "wants" : "quiet";
}

/** Those that starve, the one that is furthest below its fair share first. */
export function starving(rows: Iterable<RoleRow>): RoleRow[] {
  const found = [...rows].filter((row) => standingOf(row) === "starves");
  const lack = (row: RoleRow) => row.fair_share - row.share;
  return found.sort((one, other) => lack(other) - lack(one) || one.role.localeCompare(other.role));
}

/** One reason as a sentence: "On 3 agents: everything is allocated"; frameworks by their names where these are known. */
export function causeText(
  { reason, agents }: { reason: string; agents: number },
  frameworks: ReadonlyMap<string, { readonly name: string }> = new Map(),
): string {
  const named = reason.replace(/\bframework (\S+)/g, (all, id: string) => {
    const name = frameworks.get(id)?.name;
    return name ? `framework ${name}` : all;
  });
  return `On ${agents} ${agents === 1 ? "agent" : "agents"}: ${named}`;
}

/** The resources that a quota says something of. */
export function quotaNames(row: RoleRow): string[] {
  return resourceNames(row.guarantees, row.limits);
}

/** What a quota is to be, as people typed it: by resource, empty where there is none. */
export interface QuotaForm {
  readonly guarantees: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

/** The amounts of one column; a sentence where one is none. */
export function parseAmounts(fields: Readonly<Record<string, string>>): Record<string, number> | string {
  const amounts: Record<string, number> = {};
  for (const [name, typed] of Object.entries(fields)) {
    const text = typed.trim();
    if (text === "") continue;
    const value = Number(text);
    if (!/^\d*\.?\d+$/.test(text) || !Number.isFinite(value)) return `${name}: ${text} is no amount`;
    amounts[name] = value;
  }
  return amounts;
}

/** Why a quota can't be asked for, or undefined. */
export function quotaProblem(form: QuotaForm): string | undefined {
  const guarantees = parseAmounts(form.guarantees);
  const limits = parseAmounts(form.limits);
  if (typeof guarantees === "string") return `Guarantee of ${guarantees}`;
  if (typeof limits === "string") return `Limit of ${limits}`;
  for (const [name, amount] of Object.entries(guarantees)) {
    const limit = limits[name];
    if (limit !== undefined && amount > limit) {
      return `${amountText(name, amount)} can't be guaranteed within a limit of ${amountText(name, limit)}`;
    }
  }
  return undefined;
}

/** The order to set a quota; both columns empty take it away. */
export function quotaCall(role: string, form: QuotaForm, force: boolean): Record<string, unknown> {
  const values = (fields: Readonly<Record<string, string>>) => {
    const amounts = parseAmounts(fields);
    if (typeof amounts === "string") return {};
    return Object.fromEntries(Object.entries(amounts).map(([name, value]) => [name, { value }]));
  };
  const config = { role, guarantees: values(form.guarantees), limits: values(form.limits) };
  return { type: "UPDATE_QUOTA", update_quota: { force, quota_configs: [config] } };
}

/** Why a weight can't be asked for, or undefined. */
export function weightProblem(typed: string): string | undefined {
  const value = Number(typed);
  return typed.trim() !== "" && Number.isFinite(value) && value > 0 ? undefined : "A weight is a number above 0";
}

/** The order to set a weight. */
export function weightCall(role: string, weight: number): Record<string, unknown> {
  return { type: "UPDATE_WEIGHTS", update_weights: { weight_infos: [{ role, weight }] } };
}

/** What a weight would give a role among its siblings that take part, as a share of their parent. */
export function shareWithWeight(rows: Iterable<RoleRow>, role: string, weight: number): number {
  const parent = parentOf(role);
  let others = 0;
  for (const row of rows) {
    if (row.role === role || parentOf(row.role) !== parent) continue;
    if (row.wants || holds(row.allocated) || holds(row.offered)) others += row.weight;
  }
  return weight / (weight + others);
}

function parentOf(role: string): string {
  return role.slice(0, Math.max(0, role.lastIndexOf("/")));
}

function holds(amounts: Amounts): boolean {
  return Object.values(amounts).some((amount) => amount > 0);
}
