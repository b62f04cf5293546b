/** Which part of the bundle has which screen. Each is one import and one script: screens that share much are together. */

import type { ComponentChildren } from "preact";

import { type Part, part } from "../parts/part";

/** By the first part of an address; the arguments are those after it. */
export type Screens = Readonly<Record<string, (...parts: string[]) => ComponentChildren>>;

const CLUSTER = part(async () => (await import("./screens/cluster")).SCREENS);
const SHARING = part(async () => (await import("./screens/sharing")).SCREENS);
const RUNNING = part(async () => (await import("./screens/running")).SCREENS);
const APPS = part(async () => (await import("./screens/apps")).SCREENS);
const EDITOR = part(async () => (await import("./screens/editor")).SCREENS);

const PARTS: Readonly<Record<string, Part<Screens>>> = {
  cluster: CLUSTER,
  agents: SHARING,
  offers: SHARING,
  roles: SHARING,
  frameworks: RUNNING,
  tasks: RUNNING,
  apps: APPS,
  deployments: APPS,
};

/** The part that has the screen of an address; undefined where there is no such screen. */
export function partOf([name = "cluster", id, verb]: readonly string[]): Part<Screens> | undefined {
  if (name === "apps" && (id === "new" || (verb === "edit" && id?.startsWith("/")))) return EDITOR;
  return Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
}
