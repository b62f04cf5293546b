/** Screens of Marathon: apps and their deployments. */

import "../common";

import { AppScreen } from "../../apps/app_screen";
import { AppsScreen } from "../../apps/apps_screen";
import { DeploymentsScreen } from "../../deployments/deployments_screen";
import { appIdIn } from "../../model/places";
import type { Screens } from "../screens";

export const SCREENS: Screens = {
  apps: (...parts) => {
    const id = appIdIn(parts);
    return parts.length === 0 ? <AppsScreen /> : <AppScreen key={id} id={id} />;
  },
  deployments: () => <DeploymentsScreen />,
};
