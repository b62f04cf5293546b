/** Screens of Marathon: apps and their deployments. */

import "../common";

import { AppScreen } from "../../apps/app_screen";
import { AppsScreen } from "../../apps/apps_screen";
import { DeploymentsScreen } from "../../deployments/deployments_screen";
import type { Screens } from "../screens";

export const SCREENS: Screens = {
  apps: (id) => (id === undefined ? <AppsScreen /> : <AppScreen key={id} id={id} />),
  deployments: () => <DeploymentsScreen />,
};
