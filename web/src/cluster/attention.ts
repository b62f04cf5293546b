/** What needs somebody's attention now, each a sentence that leads to where it is told in full. Pure. */

import { spanText } from "../model/ages";
import { agentPath, appPath, deploymentPath, frameworkPath, rolePath } from "../model/places";
import type { AgentRow, AppRow, DeploymentRow, FrameworkRow, RoleRow } from "../model/rows";

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
  readonly apps: Iterable<AppRow>;
  readonly agents: Iterable<AgentRow>;
  readonly roles: Iterable<RoleRow>;
  readonly deployments: Iterable<DeploymentRow>;
  readonly frameworks: Iterable<FrameworkRow>;
  /** Seconds since 1970. */
  readonly now: number;
}

/** A deployment that is under way for longer than this is told of. */
export const STUCK_SECONDS = 300;

/** All matters, the worst kinds first. */
export function attention(observed: Observed): Matter[] {
  return [
    ...brokenAgents(observed.agents),
    ...waitingApps(observed.apps),
    ...stuckDeployments(observed.deployments, observed.now),
    ...brokenFrameworks(observed.frameworks),
    ...starvingRoles(observed.roles),
    ...leavingAgents(observed.agents),
  ];
}

function* waitingApps(apps: Iterable<AppRow>): Iterable<Matter> {
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

function* brokenAgents(agents: Iterable<AgentRow>): Iterable<Matter> {
  for (const agent of agents) {
    if (agent.state !== "disconnected" && agent.state !== "unreachable") continue;
    yield matterOf(agent, agent.why ?? `is ${agent.state}`);
  }
}

function* leavingAgents(agents: Iterable<AgentRow>): Iterable<Matter> {
  for (const agent of agents) {
    if (agent.state === "draining") {
      const left = agent.tasks === 1 ? "1 task is left" : `${agent.tasks} tasks are left`;
      yield matterOf(agent, `is being drained, ${left}`);
    } else if (agent.state === "drained" || agent.state === "deactivated" || agent.state === "recovering") {
      yield matterOf(agent, agent.why ?? `is ${agent.state}`);
    }
  }
}

function matterOf(agent: AgentRow, text: string): Matter {
  return { key: `agent ${agent.id}`, state: agent.state, name: agent.hostname, text, href: agentPath(agent.id) };
}

function* starvingRoles(roles: Iterable<RoleRow>): Iterable<Matter> {
  for (const role of roles) {
    const worst = role.starves?.[0];
    if (worst === undefined) continue;
    const more = (role.starves?.length ?? 1) - 1;
    const text = `gets nothing: ${worst.reason}${more > 0 ? `, and ${more} more ${more === 1 ? "reason" : "reasons"}` : ""}`;
    yield { key: `role ${role.role}`, state: "starves", name: `role ${role.role}`, text, href: rolePath(role.role) };
  }
}

function* stuckDeployments(deployments: Iterable<DeploymentRow>, now: number): Iterable<Matter> {
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

function* brokenFrameworks(frameworks: Iterable<FrameworkRow>): Iterable<Matter> {
  for (const one of frameworks) {
    if (one.state !== "disconnected" && one.state !== "recovered") continue;
    const text =
      one.state === "recovered"
        ? "has not come back since the master was elected"
        : `is disconnected; its tasks end unless it is back within ${spanText(one.failover_timeout)} of that`;
    yield { key: `framework ${one.id}`, state: one.state, name: one.name, text, href: frameworkPath(one.id) };
  }
}
