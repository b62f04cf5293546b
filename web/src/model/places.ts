/** Where each thing has its page. Pure. */

import { pathTo } from "../shell/router";

export const agentPath = (id: string): string => pathTo("agents", id);
export const frameworkPath = (id: string): string => pathTo("frameworks", id);
export const taskPath = (framework: string, id: string): string => pathTo("tasks", framework, id);
export const appPath = (id: string): string => pathTo("apps", id);
export const rolePath = (role: string): string => pathTo("roles", role);
export const offerPath = (id: string): string => pathTo("offers", id);
export const deploymentPath = (id: string): string => pathTo("deployments", { search: id });
