/** What tabs and the worker say to each other. Pure types. */

import type { Delta } from "./tables";

/** How the link stands. `since` is when it last heard anything, in milliseconds of Date.now(). */
export interface LinkState {
  readonly phase: "connecting" | "live" | "broken" | "refused";
  readonly since: number;
  /** Why it is broken or refused, for a person. */
  readonly why?: string;
  /** Tables that can't be had now, each with the reason. */
  readonly out: Readonly<Record<string, string>>;
}

export type FromTab =
  /** Tables by name, each with the position up to which the tab has it: the one of the last delta, or "". */
  | { readonly kind: "want"; readonly tables: Readonly<Record<string, string>> }
  | { readonly kind: "hidden"; readonly is: boolean }
  /** Sent now and then: a tab that died says nothing any more. */
  | { readonly kind: "here" }
  | { readonly kind: "closed" };

export type FromWorker =
  | { readonly kind: "deltas"; readonly deltas: readonly Delta[] }
  | { readonly kind: "link"; readonly link: LinkState }
  /** Something went wrong in the worker, whose console nobody sees. */
  | { readonly kind: "fault"; readonly text: string };
