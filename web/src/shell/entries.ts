/** The screens that the navigation names, in its order. */

import type { IconKey } from "../parts/icon";

export interface Entry {
  readonly screen: string;
  readonly label: string;
  readonly icon: IconKey;
  /** The second key after g. */
  readonly key: string;
  /** Whether it has a place in the bar of narrow screens; the others are behind More. */
  readonly isFirst?: boolean;
}

export const ENTRIES: readonly Entry[] = [
  { screen: "cluster", label: "Cluster", icon: "grid", key: "c", isFirst: true },
  { screen: "agents", label: "Agents", icon: "server", key: "a", isFirst: true },
  { screen: "offers", label: "Offers", icon: "tag", key: "o" },
  { screen: "roles", label: "Roles", icon: "users", key: "r" },
  { screen: "frameworks", label: "Frameworks", icon: "puzzle", key: "f" },
  { screen: "tasks", label: "Tasks", icon: "list", key: "t", isFirst: true },
  { screen: "apps", label: "Apps", icon: "box", key: "p", isFirst: true },
  { screen: "deployments", label: "Deployments", icon: "rocket", key: "d" },
];
