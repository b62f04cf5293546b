/** Roles: who has how much of the cluster against what is its due, who waits in vain, and why. */

import { useMemo } from "preact/hooks";

import { useTable } from "../live/live";
import { briefly, percentText } from "../model/amounts";
import type { RoleRow } from "../model/rows";
import { Bar } from "../parts/bar";
import { Empty, NotYet } from "../parts/empty";
import { SearchField, useQuery } from "../parts/field";
import { Icon } from "../parts/icon";
import { Panel, Screen } from "../parts/panel";
import { StateWord } from "../parts/state_word";
import { type Column, WindowTable } from "../parts/window_table";
import { pathTo } from "../shell/router";
import { causeText, quotaNames, quotaText, shareText, standingOf, starving } from "./role_rules";

export function RolesScreen() {
  const view = useTable("roles");
  const search = useQuery("search").toLowerCase();
  const all = useMemo(() => [...view.rows.values()], [view.version]);
  const rows = useMemo(() => all.filter((row) => row.role.toLowerCase().includes(search)), [all, search]);
  const hungry = useMemo(() => starving(all), [all]);
  return (
    <Screen title="Roles" beside={view.ready && <span class="muted num">{all.length}</span>}>
      {hungry.length > 0 && <Starving rows={hungry} />}
      <div class="row">
        <SearchField label="Find roles" placeholder="Role" />
      </div>
      {!view.ready ? (
        <NotYet table="roles" />
      ) : (
        <WindowTable
          label="Roles"
          rows={rows}
          columns={COLUMNS}
          rowKey={(row) => row.role}
          rowHref={(row) => pathTo("roles", row.role)}
          initialSort="-share"
          empty={<Empty title={all.length > 0 ? "No role matches" : "No role is used yet"} />}
        />
      )}
    </Screen>
  );
}

const MAX_STARVING = 6;

function Starving({ rows }: { rows: readonly RoleRow[] }) {
  return (
    <Panel title="Who waits for offers, and why">
      <div class="stack">
        {rows.slice(0, MAX_STARVING).map((row) => (
          <div key={row.role}>
            <p>
              <a href={pathTo("roles", row.role)}>
                <strong>{row.role}</strong>
              </a>{" "}
              <span class="muted">{shareText(row)}</span>
            </p>
            <Causes row={row} />
          </div>
        ))}
        {rows.length > MAX_STARVING && <p class="muted">and {rows.length - MAX_STARVING} more</p>}
      </div>
    </Panel>
  );
}

/** Why a role gets nothing, the most frequent reason first. */
export function Causes({ row }: { row: RoleRow }) {
  const frameworks = useTable("frameworks").rows;
  return (
    <ul class="causes">
      {(row.starves ?? []).map((cause) => (
        <li key={cause.reason} class="wrap">
          <Cause text={causeText(cause, frameworks)} />
        </li>
      ))}
    </ul>
  );
}

/** Its beginning alone where it has much to say: the rest is an example. */
function Cause({ text }: { text: string }) {
  const [brief, rest] = briefly(text);
  return rest ? (
    <details>
      <summary>{brief}</summary>
      <p class="muted">{rest}</p>
    </details>
  ) : (
    <>{brief}</>
  );
}

/** What a role holds of the cluster, and its fair share as a mark. */
export function ShareBar({ row, size }: { row: RoleRow; size?: "big" }) {
  const held = (row.dominant && row.allocated[row.dominant]) || 0;
  const offered = (row.dominant && row.offered[row.dominant]) || 0;
  const part = held + offered > 0 ? row.share / (held + offered) : 0;
  return (
    <Bar
      name="share"
      total={1}
      size={size ?? "small"}
      legend={size === "big"}
      parts={[
        { label: "allocated", value: held * part, token: "allocated" },
        { label: "offered", value: offered * part, token: "offered" },
      ]}
      marks={[{ label: "fair share", value: row.fair_share, token: "text" }]}
    />
  );
}

function Standing({ row }: { row: RoleRow }) {
  const standing = standingOf(row);
  if (standing === "quiet") return <span class="muted">wants nothing</span>;
  return standing === "starves" ? (
    <StateWord state="waiting" word="waits" why={row.starves?.map((cause) => causeText(cause)).join("\n")} />
  ) : (
    <span>
      <Icon name="check" /> has offers
    </span>
  );
}

const COLUMNS: readonly Column<RoleRow>[] = [
  { id: "role", label: "Role", width: "minmax(6rem, 1.2fr)", sortBy: (row) => row.role, render: (row) => row.role },
  {
    id: "share",
    label: "Share · fair",
    width: "minmax(8rem, 1.6fr)",
    sortBy: (row) => row.share,
    render: (row) => (
      <span class="cell-bar" title={shareText(row)}>
        <ShareBar row={row} />
        <small class="muted num">
          {percentText(row.share)} {row.dominant} · {percentText(row.fair_share)} fair
        </small>
      </span>
    ),
  },
  {
    id: "weight",
    label: "Weight",
    width: "4.5rem",
    align: "end",
    sortBy: (row) => row.weight,
    render: (row) => row.weight,
  },
  {
    id: "quota",
    label: "Quota",
    width: "minmax(7rem, 2.2fr)",
    hideBelow: 700,
    sortBy: (row) => quotaNames(row).length,
    render: (row) => <span title={quotaText(row)}>{quotaText(row) || <span class="muted">none</span>}</span>,
  },
  {
    id: "frameworks",
    label: "Frameworks",
    width: "7.5rem",
    align: "end",
    hideBelow: 1060,
    sortBy: (row) => row.frameworks.length,
    render: (row) => row.frameworks.length,
  },
  {
    id: "standing",
    label: "Now",
    width: "8rem",
    hideBelow: 420,
    below: true,
    sortBy: standingOf,
    render: (row) => <Standing row={row} />,
  },
];
