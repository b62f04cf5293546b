/** What is said of a link that does not stand. Pure. */

import type { LinkState } from "../live/protocol";

/** Seconds that a connection may take before anybody is told. */
const PATIENCE = 2;

/** Why the other daemon's tables are not up to date; empty where they are. */
export function outWords(link: LinkState): string {
  const reasons = link.phase === "live" ? new Set(Object.values(link.out)) : [];
  return [...reasons].map((why) => `Not up to date: ${why}`).join("; ");
}

/** `now` in seconds since 1970; empty where there is nothing to say. */
export function linkWords(link: LinkState, now: number): string {
  if (link.phase === "live") return "";
  const why = link.why ?? "";
  if (link.phase === "refused") return `Not allowed to read${why && `: ${why}`}`;
  const isNew = now - link.since / 1000 < PATIENCE;
  if (link.phase === "connecting") return isNew ? "" : "Connecting";
  return isNew ? "" : `Not up to date: ${why || "the link is broken"}`;
}
