/** Which offers are shown, in which groups, and what became of one in words. Pure. */

import { sumAmounts } from "../model/amounts";
import type { Amounts, AnswerRow, FrameworkRow, OfferRow, RefusalRow, WaitingRow } from "../model/rows";

export interface OfferFilter {
  /** Found in the ids, the host, the role, the framework's name and the operations; each word. */
  readonly search: string;
  readonly framework: string;
  readonly role: string;
  readonly agent: string;
  readonly outcome: string;
}

type Frameworks = ReadonlyMap<string, Pick<FrameworkRow, "name">>;

/** A framework's name, its id where it is not known. */
export function frameworkName(id: string, frameworks: Frameworks): string {
  return frameworks.get(id)?.name || id;
}

/** Those that pass all of the filter; an outcome is asked of answers alone. */
export function chooseOffers<Row extends OfferRow>(
  rows: Iterable<Row>,
  filter: OfferFilter,
  frameworks: Frameworks,
): Row[] {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  return [...rows].filter((row) => {
    const answer = row as OfferRow & Partial<AnswerRow>;
    if (filter.framework && row.framework !== filter.framework) return false;
    if (filter.role && row.role !== filter.role) return false;
    if (filter.agent && row.agent !== filter.agent) return false;
    if (filter.outcome && answer.outcome !== undefined && answer.outcome !== filter.outcome) return false;
    if (words.length === 0) return true;
    const name = frameworkName(row.framework, frameworks);
    const text = [row.id, row.host, row.agent, row.role, row.framework, name, ...(answer.operations ?? [])]
      .join(" ")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export interface OfferGroup {
  readonly key: string;
  readonly label: string;
  readonly count: number;
  readonly resources: Amounts;
  /** When its oldest offer was made. */
  readonly oldest: number;
}

/** Offers put together by framework or by agent. */
export function groupOffers(
  rows: readonly OfferRow[],
  by: "framework" | "agent",
  frameworks: Frameworks,
): OfferGroup[] {
  const groups = new Map<string, OfferRow[]>();
  for (const row of rows) {
    const group = groups.get(row[by]);
    if (group === undefined) groups.set(row[by], [row]);
    else group.push(row);
  }
  return [...groups].map(([key, group]) => ({
    key,
    label: by === "framework" ? frameworkName(key, frameworks) : (group[0]?.host ?? "") || key,
    count: group.length,
    resources: sumAmounts(group.map((row) => row.resources)),
    oldest: Math.min(...group.map((row) => row.made)),
  }));
}

/** Why a Marathon did not take an offer, of each app that was looked at. */
export interface Reason {
  readonly app: string;
  readonly text: string;
}

/** How many waiting apps are asked why they refused offers: those that wait longest. */
const MAX_ASKED = 8;

/** The apps whose refusals are worth a look. */
export function appsToAsk(rows: Iterable<WaitingRow>): string[] {
  const longest = [...rows].sort((one, other) => one.since - other.since || one.app.localeCompare(other.app));
  return longest.slice(0, MAX_ASKED).map((row) => row.app);
}

/** Marathon's reasons by offer id; `refusals` by app. */
export function reasonsByOffer(refusals: Iterable<readonly [string, Iterable<RefusalRow>]>): Map<string, Reason[]> {
  const found = new Map<string, Reason[]>();
  for (const [app, rows] of refusals) {
    for (const row of rows) {
      const reasons = found.get(row.offer) ?? [];
      reasons.push(...row.reasons.map(({ text }) => ({ app, text })));
      found.set(row.offer, reasons);
    }
  }
  return found;
}

/** What became of an offer, in one line; times are the reader's to add. */
export function outcomeText(row: AnswerRow, reasons: readonly Reason[] = []): string {
  const said = [...row.operations, ...(row.why === undefined ? [] : [row.why])];
  said.push(...reasons.map((reason) => `${reason.app}: ${reason.text}`));
  if (said.length > 0) return said.join("; ");
  return row.outcome === "accepted" ? "nothing was done with it" : "";
}

/** The values that some rows have, in order, and the chosen one even where none has it: options of a choice. */
export function optionsOf(values: Iterable<string>, chosen: string): string[] {
  const found = new Set(values);
  if (chosen) found.add(chosen);
  return [...found].sort();
}
