/** What is said in place of orders that may not be given: who we are to the daemon, and what it does not let us do. Pure. */

import type { Me, Right, Rights } from "./rights";

const WORDS: Readonly<Record<Right, string>> = {
  create_apps: "create",
  deactivate_agents: "deactivate",
  delete_apps: "destroy",
  drain_agents: "drain",
  kill_tasks: "kill",
  maintenance: "plan maintenance",
  mark_agents_gone: "mark gone",
  quota: "set quota",
  reactivate_agents: "reactivate",
  teardown_frameworks: "tear down",
  update_apps: "change",
  weights: "set weight",
};
const MARATHONS: ReadonlySet<Right> = new Set(["create_apps", "delete_apps", "kill_tasks", "update_apps"]);

/** One sentence on those of these rights that we have not; empty where we have all, or while that is not known.
 *
 * `what` stands behind the verbs: "this agent". `rights` are those to one thing, where they differ from the general.
 */
export function barredText(
  me: Me | undefined,
  wanted: readonly Right[],
  what: string,
  rights: Rights | undefined = me?.rights,
): string {
  const missing = wanted.filter((right) => rights?.[right] === false);
  const first = missing[0];
  if (me === undefined || first === undefined) return "";
  const judge = MARATHONS.has(first) ? me.marathon : me.master;
  if (judge !== null && !judge.reached) return `No orders now: ${judge.why ?? "nobody answers"}`;
  const verbs = missing.map((right) => WORDS[right]);
  const last = verbs.pop();
  const all = verbs.length === 0 ? last : `${verbs.join(", ")} or ${last}`;
  return `${whoText(me)} may not ${all} ${what}`;
}

function whoText({ principal, may_sign_in }: Me): string {
  if (principal !== null) return `As ${principal} you`;
  return may_sign_in ? "Without signing in you" : "You";
}
