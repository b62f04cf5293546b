/** Which screen an address shows. Each screen adds its own line to SCREENS; `parts` are those after the screen's name. */

import type { ComponentChildren } from "preact";

import { AgentScreen } from "../agents/agent_screen";
import { AgentsScreen } from "../agents/agents_screen";
import { ClusterScreen } from "../cluster/cluster_screen";
import type { IconKey } from "../parts/icon";
import { Screen } from "../parts/panel";
import { pathTo } from "./router";

type Show = (...parts: string[]) => ComponentChildren;

const SCREENS: Readonly<Record<string, Show>> = {
  cluster: () => <ClusterScreen />,
  agents: (id) => (id === undefined ? <AgentsScreen /> : <AgentScreen key={id} id={id} />),
};

export interface Entry {
  readonly screen: string;
  readonly label: string;
  readonly icon: IconKey;
  /** The second key after g. */
  readonly key: string;
}

/** The navigation, in its order. */
export const ENTRIES: readonly Entry[] = [
  { screen: "cluster", label: "Cluster", icon: "grid", key: "c" },
  { screen: "agents", label: "Agents", icon: "server", key: "a" },
  { screen: "offers", label: "Offers", icon: "tag", key: "o" },
  { screen: "roles", label: "Roles", icon: "users", key: "r" },
  { screen: "frameworks", label: "Frameworks", icon: "puzzle", key: "f" },
  { screen: "tasks", label: "Tasks", icon: "list", key: "t" },
  { screen: "apps", label: "Apps", icon: "box", key: "p" },
  { screen: "deployments", label: "Deployments", icon: "rocket", key: "d" },
];

/** The screen of an address; the cluster where it names none. */
export function showScreen([name = "cluster", ...parts]: readonly string[]): ComponentChildren {
  const show = Object.hasOwn(SCREENS, name) ? SCREENS[name] : undefined;
  return show === undefined ? <NotFound name={name} /> : show(...parts);
}

function NotFound({ name }: { name: string }) {
  return (
    <Screen title="Not found">
      <p>
        There is no screen <code>{name}</code>. <a href={pathTo("cluster")}>See the cluster</a>, or press <kbd>/</kbd>{" "}
        to find an id or a name.
      </p>
    </Screen>
  );
}
