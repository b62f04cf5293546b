/** One agent. */

import { Screen } from "../parts/panel";

export function AgentScreen({ id }: { id: string }) {
  return <Screen title={id}>…</Screen>;
}
