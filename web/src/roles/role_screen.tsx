/** One role: its share, its quota resource by resource, its frameworks, and why it waits. */

import { may } from "../ask/rights";
import { useReady, useRow, useTable } from "../live/live";
import { resourceNames, valueText } from "../model/amounts";
import { frameworkPath } from "../model/places";
import type { RoleRow } from "../model/rows";
import { AmountsLine } from "../parts/amount";
import { Bar, type BarPart } from "../parts/bar";
import { Barred } from "../parts/barred";
import { Empty } from "../parts/empty";
import { Facts, Panel, Screen } from "../parts/panel";
import { pathTo } from "../shell/router";
import { proposeNoQuota, proposeQuota, proposeWeight } from "./role_orders";
import { quotaNames, shareText } from "./role_rules";
import { Causes, ShareBar } from "./roles_screen";

export function RoleScreen({ role }: { role: string }) {
  const row = useRow("roles", role);
  const isKnown = useReady("roles");
  return (
    <Screen title={`Role ${role}`} up={{ href: pathTo("roles"), label: "Roles" }} actions={row && <Orders row={row} />}>
      {row === undefined ? (
        <Empty title={isKnown ? "Nobody uses this role" : "Waiting for the roles …"} />
      ) : (
        <>
          <div class="columns">
            <Panel title="Share of the cluster">
              <ShareBar row={row} size="big" />
              <p>{shareText(row)}.</p>
            </Panel>
            <About row={row} />
          </div>
          {row.starves && row.starves.length > 0 && (
            <Panel title="Why it gets no offers">
              <Causes row={row} />
            </Panel>
          )}
          <Holdings row={row} />
        </>
      )}
    </Screen>
  );
}

function Orders({ row }: { row: RoleRow }) {
  return (
    <>
      {may("weights") && (
        <button type="button" onClick={() => proposeWeight(row)}>
          Set weight
        </button>
      )}
      {may("quota") && !row.role.includes("/") && (
        <button type="button" onClick={() => proposeQuota(row)}>
          Set quota
        </button>
      )}
      {may("quota") && quotaNames(row).length > 0 && (
        <button type="button" onClick={() => proposeNoQuota(row)}>
          Remove quota
        </button>
      )}
      <Barred rights={row.role.includes("/") ? ["weights"] : ["weights", "quota"]} what="of this role" />
    </>
  );
}

function Holdings({ row }: { row: RoleRow }) {
  const total = useRow("cluster", "cluster")?.total ?? {};
  const names = resourceNames(row.allocated, row.offered, row.guarantees, row.limits).filter((name) => name in total);
  if (names.length === 0) return null;
  return (
    <Panel title="Holdings and quota">
      <div class="stack">
        {names.map((name) => (
          <Holding key={name} row={row} name={name} total={row.limits[name] ?? total[name] ?? 0} />
        ))}
      </div>
    </Panel>
  );
}

function Holding({ row, name, total }: { row: RoleRow; name: string; total: number }) {
  const guarantee = row.guarantees[name];
  const marks: BarPart[] = guarantee === undefined ? [] : [{ label: "guaranteed", value: guarantee, token: "text" }];
  return (
    <div>
      <div class="bar-head">
        <span>{name}</span>
        <span class="muted num">
          {quotaNames(row).includes(name) && `${valueText(name, row.consumed[name] ?? 0)} consumed · `}
          {row.limits[name] === undefined ? "no limit" : `limit ${valueText(name, total)}`}
        </span>
      </div>
      <Bar
        name={name}
        total={total}
        legend
        parts={[
          { label: "allocated", value: row.allocated[name] ?? 0, token: "allocated" },
          { label: "offered", value: row.offered[name] ?? 0, token: "offered" },
        ]}
        marks={marks}
      />
    </div>
  );
}

function About({ row }: { row: RoleRow }) {
  const frameworks = useTable("frameworks").rows;
  return (
    <Panel title="About it">
      <Facts
        facts={[
          ["Weight", row.weight],
          ["Wants offers", row.wants ? "yes" : "no"],
          [
            "Reserved for it",
            Object.keys(row.reserved).length > 0 ? <AmountsLine amounts={row.reserved} /> : undefined,
          ],
          [
            "Frameworks",
            row.frameworks.length > 0 && (
              <span class="row">
                {row.frameworks.map((id) => (
                  <a key={id} href={frameworkPath(id)}>
                    {frameworks.get(id)?.name ?? id}
                  </a>
                ))}
              </span>
            ),
          ],
          ["Offers", <a href={pathTo("offers", { role: row.role })}>outstanding and answered</a>],
        ]}
      />
    </Panel>
  );
}
