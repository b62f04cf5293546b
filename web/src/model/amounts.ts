/** Amounts of resources in words, and shares of them. Pure. */

import type { Amounts } from "./rows";

/** The order in which resources are told; others follow by name. */
const ORDER = ["cpus", "mem", "disk", "gpus", "ports"];
const BYTES = new Set(["mem", "disk"]);

/** At most three digits that say something: 0.25, 1.5, 12.3, 480. */
export function numberText(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}

/** MiB in the unit that fits: "512 MiB", "1.5 GiB", "3.2 TiB". */
export function mebibytesText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1024 * 1024) return `${numberText(value / (1024 * 1024))} TiB`;
  if (size >= 1024) return `${numberText(value / 1024)} GiB`;
  if (size > 0 && size < 1) return `${numberText(value * 1024)} KiB`;
  return `${numberText(value)} MiB`;
}

/** A value without the resource's name: "1.5", "2 GiB"; what is a `share` of everything is told in percent. */
export function valueText(name: string, value: number): string {
  return BYTES.has(name) ? mebibytesText(value) : name === "share" ? percentText(value) : numberText(value);
}

/** A value with the resource's name: "1.5 cpus", "2 GiB mem". */
export function amountText(name: string, value: number): string {
  return `${valueText(name, value)} ${value === 1 ? name.replace(/^(cpu|gpu|port)s$/, "$1") : name}`;
}

/** The names that some of these amounts have, those everybody knows first.
 *
 * What every object has (`constructor`) is left out: where amounts lack it they would answer a function.
 */
export function resourceNames(...many: readonly (Amounts | undefined)[]): string[] {
  const names = new Set(many.flatMap((amounts) => Object.keys(amounts ?? {})).filter(isResource));
  const place = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return [...names].sort((one, other) => place(one) - place(other) || one.localeCompare(other));
}

/** All of it that is not zero: "2 cpus, 1 GiB mem"; "nothing" where there is nothing. */
export function amountsText(amounts: Amounts): string {
  const parts = resourceNames(amounts).filter((name) => amounts[name] !== 0);
  return parts.map((name) => amountText(name, amounts[name] ?? 0)).join(", ") || "nothing";
}

/** What part of a total it is, from 0; 0 where there is no total. */
export function share(part: number | undefined, total: number | undefined): number {
  return !part || !total ? 0 : part / total;
}

/** A share in words: "0%", "<1%", "37%". */
export function percentText(value: number): string {
  const percent = value * 100;
  if (percent > 0 && percent < 1) return "<1%";
  return `${percent > 99 && percent < 100 ? 99 : Math.round(percent)}%`;
}

/** The sum of amounts by name. */
export function sumAmounts(many: Iterable<Amounts>): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const amounts of many) {
    for (const [name, value] of Object.entries(amounts)) if (isResource(name)) sum[name] = (sum[name] ?? 0) + value;
  }
  return sum;
}

/** A reason as long as it can be taken in at a glance, and what it says beyond that: who holds what, an example. */
export function briefly(text: string): readonly [string, string] {
  const [, brief = text, rest = ""] = /^(.{20,}?)(?:; for example, |: )(.{40,})$/.exec(text) ?? [];
  return [brief, rest];
}

/** As a flag has it; the space where another follows. */
const AMOUNT = /\b(cpus|mem|disk|gpus):([\d.]+)( (?=(?:cpus|mem|disk|gpus):))?/g;

/** A sentence of the master's with amounts as people read them: "cpus:0.5; mem:2048; ports:[1-9]" is "0.5 cpus; 2 GiB mem". */
export function plainly(text: string): string {
  return text
    .replace(/^for example, |;? ?ports:\[[^\]]*\]/g, "")
    .replace(/\bframework [0-9a-f]{8}-\S+ \(role ([^)]+)\)/g, "role $1")
    .replace(AMOUNT, (_, name: string, value: string, next = "") => amountText(name, Number(value)) + (next && ", "));
}

function isResource(name: string): boolean {
  return !(name in Object.prototype);
}
