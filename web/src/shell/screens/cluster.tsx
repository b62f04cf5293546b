/** The first screen, which alone draws with uPlot. */

import "../common";

import { ClusterScreen } from "../../cluster/cluster_screen";
import type { Screens } from "../screens";

export const SCREENS: Screens = { cluster: () => <ClusterScreen /> };
