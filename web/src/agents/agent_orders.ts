/** Orders about agents as the operator API takes them. Pure: calls and schedules as values (mesos-operator-api 1, 5). */

import type { AgentRow } from "../model/rows";

export interface MachineId {
  readonly hostname?: string;
  readonly ip?: string;
}

export interface MaintenanceWindow {
  readonly machine_ids: readonly MachineId[];
  readonly unavailability: {
    readonly start: { readonly nanoseconds: number };
    readonly duration?: { readonly nanoseconds: number };
  };
}

export interface Schedule {
  readonly windows?: readonly MaintenanceWindow[];
}

const NANOSECONDS = 1e9;

/** A call by its type: its fields stand under the type in lower case. */
export function call(type: string, fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { type, [type.toLowerCase()]: fields };
}

/** A call about one agent. */
export function agentCall(type: string, id: string): Record<string, unknown> {
  return call(type, { agent_id: { value: id } });
}

/** Empty an agent; `grace` in seconds, undefined where each task's own holds. */
export function drainCall(id: string, grace: number | undefined, isGone: boolean): Record<string, unknown> {
  const fields: Record<string, unknown> = { agent_id: { value: id }, mark_gone: isGone };
  if (grace !== undefined) {
    fields["max_grace_period"] = { seconds: Math.floor(grace), nanos: Math.round((grace % 1) * NANOSECONDS) };
  }
  return call("DRAIN_AGENT", fields);
}

/** The machine that an agent stands on, named in full. */
export function machineOf(agent: AgentRow): MachineId {
  return { hostname: agent.hostname, ...(agent.ip && { ip: agent.ip }) };
}

/** Whether an agent stands on a machine: all that names the machine is true of the agent. */
export function standsOn(agent: AgentRow, { hostname, ip }: MachineId): boolean {
  if (hostname && hostname.toLowerCase() !== agent.hostname.toLowerCase()) return false;
  return (!ip || ip === agent.ip) && Boolean(hostname || ip);
}

/** A machine as people write it: HOST,IP. */
export function machineText({ hostname, ip }: MachineId): string {
  return [hostname, ip].filter(Boolean).join(", ");
}

/** The scheduled machine that an agent stands on: its name is what later calls must say. The fullest name wins. */
export function scheduledMachine(schedule: Schedule, agent: AgentRow): MachineId | undefined {
  const found = (schedule.windows ?? [])
    .flatMap((window) => window.machine_ids)
    .filter((each) => standsOn(agent, each));
  return found.find((each) => each.hostname && each.ip) ?? found.find((each) => each.hostname) ?? found[0];
}

/** The schedule without the machine that is named so. */
export function withoutMachine(schedule: Schedule, machine: MachineId): Schedule {
  const name = machineName(machine);
  const windows = (schedule.windows ?? []).map((window) => ({
    ...window,
    machine_ids: window.machine_ids.filter((each) => machineName(each) !== name),
  }));
  return { windows: windows.filter((window) => window.machine_ids.length > 0) };
}

/** The schedule with an agent's machine away from `begins` on, for `length` seconds or for good. A window it is in is replaced. */
export function withAbsence(schedule: Schedule, agent: AgentRow, begins: number, length: number | undefined): Schedule {
  const machine = scheduledMachine(schedule, agent) ?? machineOf(agent);
  const unavailability = {
    start: { nanoseconds: Math.round(begins * 1000) * 1e6 },
    ...(length !== undefined && { duration: { nanoseconds: Math.round(length * 1000) * 1e6 } }),
  };
  const window = { machine_ids: [machine], unavailability };
  return { windows: [...(withoutMachine(schedule, machine).windows ?? []), window] };
}

function machineName({ hostname = "", ip = "" }: MachineId): string {
  return `${hostname.toLowerCase()},${ip}`;
}
