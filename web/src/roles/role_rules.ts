/** What a role's amounts say, and the orders about weight and quota. Pure: calls are values (mesos-operator-api 2). */

import { amountsText, amountText, percentText, plainly, resourceNames } from "../model/amounts";
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
  return `On ${agents} ${agents === 1 ? "agent" : "agents"}: ${plainly(named)}`;
}

/** The resources that a quota says something of. */
export function quotaNames(row: RoleRow): string[] {
  return resourceNames(row.guarantees, row.limits);
}

/** A quota in words: "at least 2 cpus; at most 4 cpus", "" where there is none. */
export function quotaText(row: RoleRow): string {
  const said = [];
  if (Object.keys(row.guarantees).length > 0) said.push(`at least ${amountsText(row.guarantees)}`);
  if (Object.keys(row.limits).length > 0) said.push(`at most ${amountsText(row.limits)}`);
  return said.join("; ");
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

/** What is wrong with a quota, and which fields that is about, by their names: "Guarantee of cpus". */
export interface QuotaFault {
  readonly fields: readonly string[];
  readonly text: string;
}

/** Why a quota can't be asked for, or undefined. */
export function quotaFault(form: QuotaForm): QuotaFault | undefined {
  for (const [word, fields] of [
    ["Guarantee", form.guarantees],
    ["Limit", form.limits],
  ] as const) {
    for (const name of Object.keys(fields)) {
      const amount = parseAmounts({ [name]: fields[name] ?? "" });
      const field = `${word} of ${name}`;
      if (typeof amount === "string") return { fields: [field], text: `${word} of ${amount}` };
    }
  }
  for (const name of Object.keys(form.guarantees)) {
    const [guarantee, limit] = [form.guarantees[name], form.limits[name]];
    if (guarantee && limit && Number(guarantee) > Number(limit)) {
      const [least, most] = [amountText(name, Number(guarantee)), amountText(name, Number(limit))];
      const text = `${least} can't be guaranteed within a limit of ${most}`;
      return { fields: [`Guarantee of ${name}`, `Limit of ${name}`], text };
    }
  }
  return undefined;
}

/** The master's refusal, at the fields it is about: the one it names, or those of which "cpus:4; mem:64" says too much. */
export function refusedQuota(text: string, form: QuotaForm): QuotaFault {
  const [word, fields] = text.includes("limit") ? ["Limit", form.limits] : ["Guarantee", form.guarantees];
  const one = /\{'(.+?)'/.exec(text)?.[1];
  const lists = [...text.matchAll(/'([^']+:[^']+|nothing)'/g)].slice(-2);
  const [many, most] = lists.map(
    ([, list = ""]) => new Map(list.split("; ").map((each) => each.split(":") as [string, string])),
  );
  const isTooMuch = (name: string) => fields[name] && Number(many?.get(name) ?? 0) > Number(most?.get(name) ?? 0);
  const names = Object.keys(fields).filter((name) => name === one || isTooMuch(name));
  return { fields: names.map((name) => `${word} of ${name}`), text };
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
