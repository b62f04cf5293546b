/** Why each agent is no place for what waits: the master's word, and Marathon's about what it was offered last. Pure.
 *
 * The master knows why an agent is not offered, Marathon what the last offer of an agent lacked. What the master says
 * because we refused an agent ourselves, Marathon knows better.
 */

import { plainly } from "../model/amounts";
import type { Amounts, RefusalRow, WaitingRow } from "../model/rows";

/** One of the master's `/koinon/explain`. */
export interface MasterRefusal {
  readonly agent_id: string;
  readonly hostname: string;
  readonly filter: string;
  readonly reason: string;
}

export interface AgentReason {
  readonly agent: string;
  readonly host: string;
  /** Who keeps it from being a place: the check that failed first, `master`, or nobody. */
  readonly cause: string;
  /** Sentences, the first check's first. */
  readonly texts: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
  /** What its last offer held, and when that was. */
  readonly offered?: Amounts;
  readonly offer?: string;
  readonly at?: number;
}

interface Agent {
  readonly id: string;
  readonly hostname: string;
  readonly attributes: Readonly<Record<string, string>>;
}

interface Limited {
  readonly limits?: Amounts;
  readonly consumed?: Amounts;
}

export interface Check {
  readonly reason: string;
  readonly label: string;
  /** How many offers came so far, and how many of them ended here. */
  readonly came: number;
  readonly stopped: number;
}

const NOT_OFFERED = "Not offered";
const ABOUT_TO_BE = "About to be offered";
const DELAYED = "Delayed";
const OURS = new Set(["refused", "suppressed"]);
const LABELS: Readonly<Record<string, string>> = {
  UnfulfilledRole: "Role",
  UnfulfilledConstraint: "Constraints",
  NoCorrespondingReservationFound: "Reservations",
  AgentMaintenance: "Maintenance",
  InsufficientCpus: "CPUs",
  InsufficientMemory: "Memory",
  InsufficientDisk: "Disk",
  InsufficientGpus: "GPUs",
  InsufficientPorts: "Ports",
  DeclinedScarceResources: "Scarce resources",
};

/** What a check is called: "Constraints". */
export function checkLabel(reason: string): string {
  return LABELS[reason] ?? reason;
}

/** Every agent of the cluster, and those that only Marathon knows of, with what keeps each from being a place. */
export function agentReasons(
  waiting: Pick<WaitingRow, "until">,
  refusals: ReadonlyMap<string, RefusalRow>,
  explained: readonly MasterRefusal[],
  agents: ReadonlyMap<string, Agent>,
): AgentReason[] {
  const said = new Map(explained.map((each) => [each.agent_id, each]));
  const all = new Set([...agents.keys(), ...refusals.keys(), ...said.keys()]);
  const found = [...all].map((id): AgentReason => {
    const refusal = refusals.get(id);
    const agent = agents.get(id);
    const base = {
      agent: id,
      host: agent?.hostname ?? refusal?.host ?? said.get(id)?.hostname ?? id,
      attributes: agent?.attributes ?? refusal?.attributes ?? {},
    };
    return { ...base, ...causeOf(refusal, said.get(id), waiting.until !== undefined) };
  });
  return found.sort((one, other) => one.host.localeCompare(other.host) || one.agent.localeCompare(other.agent));
}

type Cause = Pick<AgentReason, "cause" | "texts" | "offered" | "offer" | "at">;

function causeOf(refusal: RefusalRow | undefined, said: MasterRefusal | undefined, isDelayed: boolean): Cause {
  const masters = said !== undefined && !OURS.has(said.filter) ? said : undefined;
  if (masters !== undefined) return { cause: NOT_OFFERED, texts: [plainly(masters.reason)] };
  if (isDelayed) return { cause: DELAYED, texts: ["its offers are not tried during the delay after failures"] };
  if (refusal !== undefined)
    return {
      cause: checkLabel(refusal.reasons[0]?.reason ?? ""),
      texts: refusal.reasons.map(({ text }) => text),
      offered: refusal.resources,
      offer: refusal.offer,
      at: refusal.at,
    };
  if (said !== undefined) return { cause: NOT_OFFERED, texts: [plainly(said.reason)] };
  return { cause: ABOUT_TO_BE, texts: ["nothing stands in the way: what is free is about to be offered"] };
}

/** What quota leaves nothing of, which no refusal of an offer tells: the rest of a role is offered, and lacks it. */
export function limitTexts(role: string, roles: ReadonlyMap<string, Limited>): string[] {
  const top = role.split("/")[0] ?? role;
  const { limits = {}, consumed = {} } = roles.get(top) ?? {};
  const full = Object.entries(limits).filter(([name, limit]) => (consumed[name] ?? 0) >= limit);
  if (full.length === 0) return [];
  const amounts = full.map(([name, limit]) => `${name}:${limit}`).join(", ");
  return [`role ${top} has all that its quota allows of ${amounts}: no more of that is offered`];
}

/** How many agents each cause holds for, the commonest first. */
export function causeCounts(reasons: readonly AgentReason[]): { cause: string; agents: number }[] {
  const counts = new Map<string, number>();
  for (const { cause } of reasons) counts.set(cause, (counts.get(cause) ?? 0) + 1);
  return [...counts]
    .map(([cause, agents]) => ({ cause, agents }))
    .sort((one, other) => other.agents - one.agents || one.cause.localeCompare(other.cause));
}

/** The checks that stopped any offer, in their order. */
export function checksOf(funnel: WaitingRow["funnel"]): Check[] {
  return funnel
    .filter(({ declined }) => declined > 0)
    .map(({ reason, declined, processed }) => ({
      reason,
      label: checkLabel(reason),
      came: processed,
      stopped: declined,
    }));
}

/** Whether an agent is among those asked for: by its cause, and by a part of its host, id or an attribute. */
export function matchesReason(reason: AgentReason, cause: string, search: string): boolean {
  if (cause !== "" && reason.cause !== cause) return false;
  const attributes = Object.entries(reason.attributes).map(([name, value]) => `${name}:${value}`);
  const text = [reason.host, reason.agent, ...attributes, ...reason.texts].join("\n").toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
