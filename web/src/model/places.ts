/** Where each thing has its page. Pure. */

import { pathTo } from "../shell/router";

export const agentPath = (id: string): string => pathTo("agents", id);
export const frameworkPath = (id: string): string => pathTo("frameworks", id);
export const taskPath = (framework: string, id: string): string => pathTo("tasks", framework, id);
export const appPath = (id: string): string => pathTo("apps", id);
/** The id in the parts of an address after `apps`. People type /ui/apps/shop/web, though ours is /ui/apps/%2Fshop%2Fweb. */
export const appIdIn = (parts: readonly string[]): string =>
  parts[0]?.startsWith("/") ? parts[0] : `/${parts.join("/")}`;
export const rolePath = (role: string): string => pathTo("roles", role);
export const offerPath = (id: string): string => pathTo("offers", id);
export const deploymentPath = (id: string): string => pathTo("deployments", { search: id });
