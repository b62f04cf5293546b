/** What needs somebody's attention now, each a sentence that leads to where it is told in full. Pure. */

import { briefly, plainly } from "../model/amounts";
import { spanText } from "../model/ages";
import { agentPath, appPath, deploymentPath, frameworkPath, rolePath } from "../model/places";
import { pathTo } from "../shell/router";
import type { AgentRow, AgentState, AppRow, DeploymentRow, FrameworkRow, RoleRow } from "../model/rows";

export interface Matter {
  readonly key: string;
  /** What it is about: waiting, draining, disconnected, ...; its icon and tone follow from it. */
  readonly state: string;
  /** What has it. */
  readonly name: string;
  readonly text: string;
  readonly href: string;
}

export interface Observed {
  readonly apps: readonly AppRow[];
  readonly agents: readonly AgentRow[];
  readonly roles: readonly RoleRow[];
  readonly deployments: readonly DeploymentRow[];
  readonly frameworks: readonly FrameworkRow[];
  /** Seconds since 1970. */
  readonly now: number;
}

/** A deployment that is under way for longer than this is told of. */
export const STUCK_SECONDS = 300;
/** More agents of one state than this are told as one matter. */
export const MAX_AGENTS = 3;

const BROKEN: readonly AgentState[] = ["unreachable", "disconnected"];
const LEAVING: readonly AgentState[] = ["draining", "recovering", "drained", "deactivated"];

/** All matters, the worst kinds first. */
export function attention(observed: Observed): Matter[] {
  return [
    ...BROKEN.flatMap((state) => agentsIn(state, observed.agents)),
    ...waitingApps(observed.apps),
    ...stuckDeployments(observed.deployments, observed.now),
    ...brokenFrameworks(observed.frameworks),
    ...starvingRoles(observed.roles),
    ...LEAVING.flatMap((state) => agentsIn(state, observed.agents)),
  ];
}

function* waitingApps(apps: readonly AppRow[]): Iterable<Matter> {
  for (const app of apps) {
    if (app.status !== "Waiting" && app.status !== "Delayed" && app.unhealthy === 0) continue;
    const isSick = app.status !== "Waiting" && app.status !== "Delayed";
    yield {
      key: `app ${app.id}`,
      state: isSick ? "unhealthy" : app.status,
      name: app.id,
      text: isSick ? `${app.unhealthy} of ${app.instances} instances are unhealthy` : (app.why ?? "waits"),
      href: appPath(app.id),
    };
  }
}

/** Agents in a state; so many that they would fill the screen are one matter. */
function agentsIn(state: AgentState, agents: readonly AgentRow[]): Matter[] {
  const found = agents.filter((agent) => agent.state === state);
  if (found.length > MAX_AGENTS) {
    const tasks = found.reduce((sum, agent) => sum + agent.tasks, 0);
    const text = tasks === 0 ? "in this state" : `in this state, with ${counted(tasks, "task")}`;
    return [{ key: state, state, name: `${found.length} agents`, text, href: pathTo("agents", { state }) }];
  }
  return found.map((agent) => ({
    key: `agent ${agent.id}`,
    state,
    name: agent.hostname,
    text: state === "draining" ? `is being drained, tasks left: ${agent.tasks}` : (agent.why ?? `is ${state}`),
    href: agentPath(agent.id),
  }));
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function* starvingRoles(roles: readonly RoleRow[]): Iterable<Matter> {
  for (const role of roles) {
    const worst = role.starves?.[0];
    if (worst === undefined) continue;
    const more = (role.starves?.length ?? 1) - 1;
    const text = `gets nothing: ${briefly(plainly(worst.reason))[0]}${more > 0 ? `, and ${counted(more, "more reason")}` : ""}`;
    yield { key: `role ${role.role}`, state: "starves", name: `role ${role.role}`, text, href: rolePath(role.role) };
  }
}

function* stuckDeployments(deployments: readonly DeploymentRow[], now: number): Iterable<Matter> {
  for (const one of deployments) {
    if (now - one.began < STUCK_SECONDS) continue;
    const why = one.why[0] === undefined ? "" : `: ${one.why[0]}`;
    yield {
      key: `deployment ${one.id}`,
      state: "Deploying",
      name: one.apps.join(", "),
      text: `deploys since ${spanText(now - one.began)}, step ${one.step} of ${one.steps.length}${why}`,
      href: deploymentPath(one.id),
    };
  }
}

function* brokenFrameworks(frameworks: readonly FrameworkRow[]): Iterable<Matter> {
  for (const one of frameworks) {
    if (one.state !== "disconnected" && one.state !== "recovered") continue;
    const text =
      one.state === "recovered"
        ? "has not come back since the master was elected"
        : `is disconnected; its tasks end unless it is back within ${spanText(one.failover_timeout)} of that`;
    yield { key: `framework ${one.id}`, state: one.state, name: one.name, text, href: frameworkPath(one.id) };
  }
}
