/** Which screen an address shows. Each screen adds its own line to SCREENS; `parts` are those after the screen's name. */

import type { ComponentChildren } from "preact";

import { AgentScreen } from "../agents/agent_screen";
import { AgentsScreen } from "../agents/agents_screen";
import { AppScreen } from "../apps/app_screen";
import { AppsScreen } from "../apps/apps_screen";
import { ClusterScreen } from "../cluster/cluster_screen";
import { DeploymentsScreen } from "../deployments/deployments_screen";
import { lazy } from "../parts/lazy";
import { Screen } from "../parts/panel";
import { FrameworkScreen } from "../frameworks/framework_screen";
import { FrameworksScreen } from "../frameworks/frameworks_screen";
import { OfferScreen } from "../offers/offer_screen";
import { OffersScreen } from "../offers/offers_screen";
import { RoleScreen } from "../roles/role_screen";
import { RolesScreen } from "../roles/roles_screen";
import { TaskScreen } from "../tasks/task_screen";
import { TasksScreen } from "../tasks/tasks_screen";
import { pathTo } from "./router";

const EditorScreen = lazy(async () => (await import("../apps/editor/editor_screen")).EditorScreen);

type Show = (...parts: string[]) => ComponentChildren;

const SCREENS: Readonly<Record<string, Show>> = {
  cluster: () => <ClusterScreen />,
  agents: (id) => (id === undefined ? <AgentsScreen /> : <AgentScreen key={id} id={id} />),
  apps: (id, verb) => {
    if (id === undefined) return <AppsScreen />;
    if (id === "new") return <EditorScreen key={id} />;
    return verb === "edit" ? <EditorScreen key={`${id}/edit`} id={id} /> : <AppScreen key={id} id={id} />;
  },
  offers: (id) => (id === undefined ? <OffersScreen /> : <OfferScreen key={id} id={id} />),
  roles: (role) => (role === undefined ? <RolesScreen /> : <RoleScreen key={role} role={role} />),
  deployments: () => <DeploymentsScreen />,
  frameworks: (id) => (id === undefined ? <FrameworksScreen /> : <FrameworkScreen key={id} id={id} />),
  tasks: (framework, id) =>
    framework === undefined || id === undefined ? (
      <TasksScreen />
    ) : (
      <TaskScreen key={`${framework}/${id}`} framework={framework} id={id} />
    ),
};

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
