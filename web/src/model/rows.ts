/** The rows of every table of the stream: the contract between the daemons' sources and the screens.
 *
 * Times are seconds since 1970, memory and disk MiB, keys as in the README. What may be missing is optional.
 */

/** Amounts by resource name: cpus, mem, disk, gpus, ports (how many) and whatever else agents offer. */
export type Amounts = Readonly<Record<string, number>>;

export interface ClusterRow {
  readonly name: string;
  readonly version: string;
  readonly leader: string;
  /** Since when this master leads. */
  readonly elected: number;
  readonly total: Amounts;
  readonly allocated: Amounts;
  readonly offered: Amounts;
  readonly agents: Readonly<Record<string, number>>;
  readonly frameworks: Readonly<Record<string, number>>;
  /** How many tasks stand in each state, by the state's name: TASK_RUNNING. */
  readonly tasks: Readonly<Record<string, number>>;
}

/** One point in time of the whole cluster; `used` is what containers really used, as agents measured it. */
export interface UsageRow {
  readonly at: number;
  readonly total: Amounts;
  readonly allocated: Amounts;
  readonly offered: Amounts;
  readonly used: Amounts;
}

export type AgentState =
  "active" | "draining" | "drained" | "deactivated" | "disconnected" | "recovering" | "unreachable";

export interface AgentRow {
  readonly id: string;
  readonly hostname: string;
  readonly ip: string;
  readonly port: number;
  readonly state: AgentState;
  /** Why it is not simply active, as a sentence. */
  readonly why?: string;
  readonly version: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Region and zone, where the agent says so. */
  readonly domain?: { readonly region: string; readonly zone: string };
  readonly total: Amounts;
  readonly allocated: Amounts;
  readonly offered: Amounts;
  /** What its containers used when it last measured. */
  readonly used?: Amounts;
  /** By role. */
  readonly reserved: Readonly<Record<string, Amounts>>;
  /** Live tasks. */
  readonly tasks: number;
  readonly registered: number;
  readonly reregistered?: number;
  /** A planned absence; `ends` is missing where nobody knows. */
  readonly unavailable?: { readonly begins: number; readonly ends?: number };
  readonly drain?: { readonly began?: number; readonly gone: boolean; readonly grace?: number };
}

export type FrameworkState = "active" | "inactive" | "disconnected" | "recovered" | "completed";

export interface FrameworkRow {
  readonly id: string;
  readonly name: string;
  readonly state: FrameworkState;
  readonly roles: readonly string[];
  /** Roles for which it wants no offers. */
  readonly suppressed: readonly string[];
  readonly principal?: string;
  readonly user: string;
  readonly hostname: string;
  /** Its own page, to be shown through `safeLink` only. */
  readonly webui_url?: string;
  readonly capabilities: readonly string[];
  readonly registered: number;
  readonly reregistered?: number;
  readonly ended?: number;
  readonly failover_timeout: number;
  readonly allocated: Amounts;
  readonly offered: Amounts;
  /** How many of its tasks stand in each state. */
  readonly tasks: Readonly<Record<string, number>>;
  /** How many offers were sent, accepted, declined, rescinded. */
  readonly offers: Readonly<Record<string, number>>;
}

export interface TaskRow {
  readonly id: string;
  readonly name: string;
  readonly framework: string;
  readonly agent: string;
  readonly host: string;
  readonly role: string;
  /** The name of the state: TASK_RUNNING. */
  readonly state: string;
  readonly healthy?: boolean;
  readonly resources: Amounts;
  readonly ports: readonly number[];
  /** When it was first and last heard of. */
  readonly began: number;
  readonly since: number;
  /** What the latest status says besides its state. */
  readonly message?: string;
  readonly reason?: string;
}

export interface OfferRow {
  readonly id: string;
  readonly framework: string;
  readonly agent: string;
  readonly host: string;
  readonly role: string;
  readonly resources: Amounts;
  /** The offered resources in words, ranges and reservations included. */
  readonly text: string;
  readonly made: number;
}

export type OfferOutcome = "accepted" | "declined" | "rescinded" | "expired" | "withdrawn";

export interface AnswerRow extends OfferRow {
  readonly ended: number;
  readonly outcome: OfferOutcome;
  /** What was done with an accepted one: "LAUNCH web.1", "RESERVE cpus:1". */
  readonly operations: readonly string[];
  /** Until when the framework is not offered that again; missing where it set no filter. */
  readonly refused_until?: number;
  /** Why it was rescinded or withdrawn. */
  readonly why?: string;
}

export interface RoleRow {
  readonly role: string;
  readonly weight: number;
  readonly frameworks: readonly string[];
  readonly guarantees: Amounts;
  readonly limits: Amounts;
  readonly consumed: Amounts;
  readonly allocated: Amounts;
  readonly offered: Amounts;
  readonly reserved: Amounts;
  /** The dominant share of the whole cluster, by weight as the allocator sorts, and which resource it is of. */
  readonly share: number;
  readonly dominant?: string;
  /** What its weight alone would give it among the roles that want something. */
  readonly fair_share: number;
  /** Somebody of it wants offers. */
  readonly wants: boolean;
  /** Why it gets nothing though it wants: sentences, with how many agents each holds for. */
  readonly starves?: readonly { readonly reason: string; readonly agents: number }[];
}

/** Computed once, by the server. */
export type AppStatus = "Running" | "Deploying" | "Suspended" | "Delayed" | "Waiting";

export interface AppRow {
  readonly id: string;
  readonly kind: "app" | "pod";
  readonly status: AppStatus;
  /** Why it is not simply Running, as one sentence. */
  readonly why?: string;
  /** When a delayed one is tried again. */
  readonly until?: number;
  readonly instances: number;
  readonly running: number;
  /** Launched, and not running yet; what is wanted and neither running nor staged waits. */
  readonly staged: number;
  readonly healthy: number;
  readonly unhealthy: number;
  /** Running instances whose health nobody has told yet, or nobody checks. */
  readonly unknown: number;
  readonly is_checked: boolean;
  /** Of one instance. */
  readonly resources: Amounts;
  /** Image, or command. */
  readonly runs: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly role: string;
  readonly version: string;
  /** The version that changed more than the count last: instances of earlier ones are old. */
  readonly configured: string;
  readonly deployment?: string;
}

export interface GroupRow {
  readonly id: string;
  readonly version: string;
  readonly dependencies: readonly string[];
}

export interface InstanceRow {
  readonly id: string;
  readonly app: string;
  /** Marathon's word: Running, Staging, Killing, Unreachable, ... */
  readonly condition: string;
  readonly health: "healthy" | "unhealthy" | "unknown" | "unchecked";
  /** Its task ids: one of an app's, one for each container of a pod's. */
  readonly tasks: readonly string[];
  readonly agent?: string;
  readonly host?: string;
  readonly ports: readonly number[];
  readonly addresses: readonly string[];
  readonly version: string;
  readonly since: number;
  readonly started?: number;
}

export interface DeploymentRow {
  readonly id: string;
  readonly version: string;
  readonly began: number;
  readonly apps: readonly string[];
  readonly steps: readonly { readonly actions: readonly { readonly action: string; readonly app: string }[] }[];
  /** The step under way, the first being 1. */
  readonly step: number;
  /** What the step under way still waits for, sentences. */
  readonly why: readonly string[];
  /** Of each app under way: how many instances of the new version run, are healthy, are wanted; how many old ones are left. */
  readonly progress: readonly {
    readonly app: string;
    readonly wanted: number;
    readonly running: number;
    readonly ready: number;
    readonly old: number;
  }[];
}

export interface WaitingRow {
  readonly app: string;
  /** The role whose offers it takes. */
  readonly role: string;
  /** How many instances wait. */
  readonly count: number;
  readonly since: number;
  /** When a delayed one is tried again. */
  readonly until?: number;
  /** What keeps it waiting as a whole; none where agents alone are to blame. */
  readonly sentences: readonly string[];
  /** Why agents refuse it now, the commonest reason first, with what the latest of these agents says. */
  readonly reasons: readonly {
    readonly reason: string;
    readonly agents: number;
    readonly example: string;
    readonly host: string;
  }[];
  /** How many agents have refused it lately: the rows of `refusals:ID`. */
  readonly agents: number;
  /** How many offers it has looked at since it began to wait. */
  readonly offers: number;
  /** How many offers each check has stopped of those that came to it, in the order of checks. */
  readonly funnel: readonly { readonly reason: string; readonly declined: number; readonly processed: number }[];
}

/** The last offer of an agent that an app or pod refused, with every reason, the first check first. */
export interface RefusalRow {
  readonly agent: string;
  readonly host: string;
  readonly offer: string;
  readonly at: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly resources: Amounts;
  readonly reasons: readonly { readonly reason: string; readonly text: string }[];
}

export type TimelineKind = "request" | "plan" | "offer" | "launch" | "status" | "health" | "kill" | "deployment";

/** The key is the number of the event: sort by it as a number. A repeated event changes its row. */
export interface TimelineRow {
  readonly at: number;
  readonly kind: TimelineKind;
  /** What happened, as one sentence. */
  readonly text: string;
  readonly tone: "good" | "bad" | "plain";
  /** How many times it happened, where more than once, and when last. */
  readonly count?: number;
  readonly last?: number;
  /** Told by what the store kept: it happened under a former leader. */
  readonly restored?: boolean;
  readonly instance?: string;
  readonly task?: string;
  readonly agent?: string;
  readonly host?: string;
  readonly offer?: string;
  readonly deployment?: string;
  readonly version?: string;
}

/** Row types by table; a table with an argument (`timeline:/web`) has the rows of the name before its colon. */
export interface Rows {
  cluster: ClusterRow;
  usage: UsageRow;
  agents: AgentRow;
  frameworks: FrameworkRow;
  tasks: TaskRow;
  roles: RoleRow;
  offers: OfferRow;
  answers: AnswerRow;
  apps: AppRow;
  groups: GroupRow;
  instances: InstanceRow;
  deployments: DeploymentRow;
  waiting: WaitingRow;
  refusals: RefusalRow;
  timeline: TimelineRow;
}

export type TableName = keyof Rows;
