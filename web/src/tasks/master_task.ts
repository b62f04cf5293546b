/** A task as the master's `/tasks` has it, and what its page reads out of it. Pure. */

export interface MasterStatus {
  readonly state: string;
  readonly timestamp: number;
  readonly message?: string;
  readonly reason?: string;
  readonly source?: string;
  readonly healthy?: boolean;
  readonly container_status?: {
    readonly container_id?: ContainerId;
    readonly network_infos?: readonly { readonly ip_addresses?: readonly { readonly ip_address?: string }[] }[];
    readonly executor_pid?: number;
  };
}

export interface ContainerId {
  readonly value: string;
  readonly parent?: ContainerId;
}

interface Label {
  readonly key: string;
  readonly value?: string;
}

export interface MasterTask {
  readonly id: string;
  readonly name: string;
  readonly framework_id: string;
  readonly executor_id: string;
  readonly slave_id: string;
  readonly state: string;
  readonly role: string;
  readonly user?: string;
  readonly resources: Readonly<Record<string, number | string>>;
  readonly limits?: Readonly<Record<string, number | string>>;
  readonly statuses: readonly MasterStatus[];
  readonly labels?: readonly Label[];
  readonly discovery?: {
    readonly ports?: { readonly ports?: readonly { number: number; name?: string; protocol?: string }[] };
  };
  readonly container?: { readonly type?: string; readonly docker?: { readonly image?: string } };
}

/** Where a task's files are: an agent, and a path there. */
export interface Sandbox {
  readonly agent: string;
  readonly path: string;
}

/** The sandbox of a task: its executor's, and within a pod a folder of its own there. */
export function sandboxOf(task: MasterTask): Sandbox {
  const executor = task.executor_id || task.id;
  const path = `/frameworks/${task.framework_id}/executors/${executor}/runs/latest`;
  const isNested = containerOf(task)?.parent !== undefined;
  return { agent: task.slave_id, path: isNested ? `${path}/tasks/${task.id}` : path };
}

/** The container of a task, by the latest status that names one. */
export function containerOf(task: MasterTask): ContainerId | undefined {
  return task.statuses.findLast((status) => status.container_status?.container_id)?.container_status?.container_id;
}

/** The container that agents measure: a task of a pod shares its pod's. */
export function measuredContainer(task: MasterTask): string | undefined {
  let container = containerOf(task);
  while (container?.parent) container = container.parent;
  return container?.value;
}

/** The addresses of a task, by the latest status that tells any. */
export function addressesOf(task: MasterTask): string[] {
  const told = (status: MasterStatus) =>
    (status.container_status?.network_infos ?? []).flatMap((network) =>
      (network.ip_addresses ?? []).flatMap((each) => each.ip_address ?? []),
    );
  return [...new Set(task.statuses.map(told).findLast((addresses) => addresses.length > 0))];
}

export interface PortLink {
  readonly number: number;
  readonly name: string;
  /** Where a browser may look; missing where it is no port for one. */
  readonly href?: string;
}

/** The ports of a task, with their names, and as addresses unless they are known to be none for browsers. */
export function portLinks(host: string, ports: readonly number[], task?: MasterTask): PortLink[] {
  const named = new Map((task?.discovery?.ports?.ports ?? []).map((port) => [port.number, port]));
  return ports.map((number) => {
    const { name = "", protocol = "tcp" } = named.get(number) ?? {};
    const isSecure = /https|tls/i.test(name) || protocol === "https" || number === 443;
    const shown = host.includes(":") ? `[${host}]` : host;
    const href = protocol.startsWith("udp") ? {} : { href: `http${isSecure ? "s" : ""}://${shown}:${number}` };
    return { number, name, ...href };
  });
}

/** One step of a task's history, and how long it stood there; undefined where it still does. */
export interface Step {
  readonly status: MasterStatus;
  readonly lasted: number | undefined;
}

/** What happened to a task, the newest first. */
export function historyOf(task: MasterTask): Step[] {
  const statuses = [...task.statuses].sort((one, other) => one.timestamp - other.timestamp);
  const steps = statuses.map((status, index) => {
    const next = statuses[index + 1];
    return { status, lasted: next === undefined ? undefined : next.timestamp - status.timestamp };
  });
  return steps.reverse();
}

const OVER = new Set(
  "FINISHED FAILED KILLED ERROR LOST DROPPED GONE GONE_BY_OPERATOR".split(" ").map((state) => `TASK_${state}`),
);

/** Whether it is over: nothing of it runs, and nothing will. */
export function isOver(state: string): boolean {
  return OVER.has(state);
}
