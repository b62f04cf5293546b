/** Tabs of an app that are not shown first, in one script that comes later: one by one they would weigh more. */

import "../shell/common";

export { Versions } from "./versions";
export { WaitingPanel } from "./waiting_panel";
