/** Which agents are shown, and how they are grouped. Pure. */

import type { AgentRow } from "../model/rows";
import { names } from "../model/sorting";

/** Whether an agent has all words of a text. A word `rack:r1` is an attribute, region, zone or state; another is looked
 * for in host name, id, address and the values of attributes. */
export function matchesAgent(agent: AgentRow, text: string, state: string): boolean {
  if (state !== "" && agent.state !== state) return false;
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => matchesWord(agent, word));
}

function matchesWord(agent: AgentRow, word: string): boolean {
  const colon = word.indexOf(":");
  if (colon > 0) {
    const value = labelOf(agent, word.slice(0, colon))?.toLowerCase();
    if (value !== undefined) return value.startsWith(word.slice(colon + 1));
  }
  const texts = [agent.hostname, agent.id, `${agent.ip}:${agent.port}`, ...Object.values(agent.attributes)];
  return texts.some((each) => each.toLowerCase().includes(word));
}

/** What an agent has under a name: state, region, zone, or an attribute in whatever case. */
export function labelOf(agent: AgentRow, name: string): string | undefined {
  if (name === "state") return agent.state;
  if (agent.domain && (name === "region" || name === "zone")) return agent.domain[name];
  const found = Object.keys(agent.attributes).find((each) => each.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : agent.attributes[found];
}

/** What agents can be grouped by: state, region and zone where there are any, then attributes by name. */
export function groupings(agents: Iterable<AgentRow>): string[] {
  const attributes = new Set<string>();
  let hasDomain = false;
  for (const agent of agents) {
    hasDomain ||= agent.domain !== undefined;
    for (const name of Object.keys(agent.attributes)) attributes.add(name);
  }
  return ["state", ...(hasDomain ? ["region", "zone"] : []), ...[...attributes].sort()];
}

/** What stands in the URL for no groups, where they would be put together by themselves. */
export const UNGROUPED = "-";
const BY_ITSELF = ["rack", "zone", "region"];

/** What agents are grouped by where nobody says it: where they stand, as far as they tell; "" where they don't. */
export function usualGrouping(names: readonly string[]): string {
  return BY_ITSELF.flatMap((place) => names.filter((name) => name.toLowerCase() === place))[0] ?? "";
}

export interface AgentGroup {
  readonly label: string;
  readonly agents: readonly AgentRow[];
}

/** Agents by what they have under a name, in its order, those without it last; by host name within. One group without a name. */
export function groupAgents(agents: readonly AgentRow[], by: string): AgentGroup[] {
  const groups = new Map<string | undefined, AgentRow[]>();
  for (const agent of agents) {
    const label = by === "" ? "all agents" : labelOf(agent, by);
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [agent]);
    else group.push(agent);
  }
  return [...groups]
    .sort(([one], [other]) => (one === undefined ? 1 : other === undefined ? -1 : names.compare(one, other)))
    .map(([label, members]) => ({
      label: label ?? `no ${by}`,
      agents: members.sort(
        (one, other) => names.compare(one.hostname, other.hostname) || names.compare(one.id, other.id),
      ),
    }));
}
