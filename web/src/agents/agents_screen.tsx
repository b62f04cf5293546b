/** All agents. */

import { Screen } from "../parts/panel";

export function AgentsScreen() {
  return <Screen title="Agents">…</Screen>;
}
