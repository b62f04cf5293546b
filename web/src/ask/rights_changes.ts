/** When our rights may be others than before, judged by the link alone. Pure. */

import type { LinkState } from "../live/protocol";

/** Whether somebody else may answer now: the link came back, is refused, or the other daemon went or came. */
export function mayHaveChanged(before: LinkState, now: LinkState): boolean {
  if (before.phase !== now.phase)
    return now.phase === "refused" || (now.phase === "live" && before.phase !== "connecting");
  return reasonsOf(before) !== reasonsOf(now);
}

/** Why tables can't be had: once, however many there are and in whichever order they come back. */
function reasonsOf({ out }: LinkState): string {
  return [...new Set(Object.values(out))].sort().join("\n");
}
