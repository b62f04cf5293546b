/** Who we are to the daemons, and what we may do: asked at the start, and whenever that may have changed.
 *
 * Screens leave out or disable what is not allowed; the daemons refuse it all the same.
 */

import { effect, signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

import { link } from "../live/live";
import { ask } from "./ask";
import { mayHaveChanged } from "./rights_changes";

export type Right =
  | "create_apps"
  | "deactivate_agents"
  | "delete_apps"
  | "drain_agents"
  | "kill_tasks"
  | "maintenance"
  | "mark_agents_gone"
  | "quota"
  | "reactivate_agents"
  | "teardown_frameworks"
  | "update_apps"
  | "weights";
export type Rights = Readonly<Record<Right, boolean>>;

/** The other daemon, as the one that serves us sees it. */
export interface Reached {
  readonly reached: boolean;
  readonly url?: string;
  readonly version?: string;
  readonly why?: string;
}

export interface Me {
  readonly daemon: "master" | "marathon";
  readonly name: string;
  readonly version: string;
  readonly principal: string | null;
  /** Whether proving who one is would allow more: `/ui/api/sign_in` asks for it. */
  readonly may_sign_in: boolean;
  readonly rights: Rights;
  readonly master: Reached;
  /** Null where the master was told of none. */
  readonly marathon: Reached | null;
}

/** Undefined until it is known. */
export const me = signal<Me | undefined>(undefined);

/** Whether we may do that; false until it is known. */
export function may(right: Right): boolean {
  return me.value?.rights[right] === true;
}

/** Whether there is a Marathon to be asked; true until it is known. */
export function hasMarathon(): boolean {
  return me.value?.marathon !== null;
}

/** What we may do to one app; as in general until it is known, and where there is none. */
export function useRights(app: string | undefined): Rights | undefined {
  const general = me.value;
  const [found, setFound] = useState<{ app: string; rights: Rights }>();
  useEffect(() => {
    if (app === undefined) return undefined;
    const left = new AbortController();
    ask<Me>("GET", `me?app=${encodeURIComponent(app)}`, undefined, left.signal).then(
      (answer) => answer.ok && setFound({ app, rights: answer.body.rights }),
      () => undefined,
    );
    return () => left.abort();
  }, [app, general]);
  return app !== undefined && found?.app === app ? found.rights : general?.rights;
}

/** Ask who we are. What was known stays where nobody answers; who is not let in any more may nothing. */
export async function refreshMe(): Promise<void> {
  const answer = await ask<Me>("GET", "me");
  if (answer.ok) me.value = answer.body;
  else if (answer.error.status === 401 || answer.error.status === 403) me.value = undefined;
}

/** Ask now, and whenever the answer may be another. Called once by main. */
export function followRights(): void {
  void refreshMe();
  let before = link.peek();
  effect(() => {
    const now = link.value;
    if (mayHaveChanged(before, now)) void refreshMe();
    before = now;
  });
}
