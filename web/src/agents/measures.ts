/** What colours an agent: a share of one of its resources. Pure. */

import { percentText, share } from "../model/amounts";
import type { AgentRow } from "../model/rows";

export interface Measure {
  readonly kind: "allocated" | "used";
  readonly resource: string;
}

export const MEASURES: readonly { readonly value: string; readonly label: string }[] = [
  { value: "", label: "cpus allocated" },
  { value: "allocated:mem", label: "memory allocated" },
  { value: "allocated:disk", label: "disk allocated" },
  { value: "allocated:gpus", label: "gpus allocated" },
  { value: "used:cpus", label: "cpus used" },
  { value: "used:mem", label: "memory used" },
];

/** Read `used:mem`; allocated cpus where it says nothing that is known. */
export function parseMeasure(text: string): Measure {
  const [kind, resource] =
    MEASURES.some((each) => each.value === text) && text ? text.split(":") : ["allocated", "cpus"];
  return { kind: kind as Measure["kind"], resource: resource ?? "cpus" };
}

/** The share of an agent, from 0; undefined where it is not known, or the agent has none of it. */
export function measureAgent(agent: AgentRow, { kind, resource }: Measure): number | undefined {
  const part = agent[kind]?.[resource] ?? (kind === "allocated" ? 0 : undefined);
  return part === undefined || !agent.total[resource] ? undefined : share(part, agent.total[resource]);
}

/** Five steps of heat; nothing at all is a step of its own. */
export function heatLevel(value: number): number {
  return value <= 0 ? 0 : Math.min(5, Math.floor(Math.min(value, 1) * 4.999) + 1);
}

/** An agent in words, for its cell: "a7.example, rack r1, 63% of cpus allocated, 12 tasks, draining". */
export function agentWords(agent: AgentRow, measure: Measure): string {
  const value = measureAgent(agent, measure);
  const said =
    value === undefined
      ? `${measure.resource} ${measure.kind} not known`
      : `${percentText(value)} of ${measure.resource} ${measure.kind}`;
  const state = agent.state === "active" ? [] : [agent.state];
  return [agent.hostname, ...state, said, `${agent.tasks} ${agent.tasks === 1 ? "task" : "tasks"}`].join(", ");
}

/** Whether its colour would lie: who is not there takes no tasks. */
export function isOff(agent: AgentRow): boolean {
  return agent.state !== "active";
}
