/** The columns of offers, of their groups, and of what became of them. */

import { valueText } from "../model/amounts";
import { agentPath } from "../model/places";
import type { AnswerRow, FrameworkRow, OfferRow } from "../model/rows";
import { Age, now } from "../parts/age";
import { AmountsLine } from "../parts/amount";
import { Bar } from "../parts/bar";
import { StateWord } from "../parts/state_word";
import type { Column } from "../parts/window_table";
import { frameworkName, type OfferGroup, outcomeText, type Reason } from "./offer_rules";

type Frameworks = ReadonlyMap<string, Pick<FrameworkRow, "name">>;

function framework<Row extends OfferRow>(frameworks: Frameworks): Column<Row> {
  const name = (row: Row) => frameworkName(row.framework, frameworks);
  return {
    id: "framework",
    label: "Framework",
    width: "minmax(6rem, 1fr)",
    hideBelow: 480,
    below: true,
    sortBy: name,
    render: name,
  };
}

function host<Row extends OfferRow>(): Column<Row> {
  return {
    id: "host",
    label: "Agent",
    width: "minmax(9rem, 1.8fr)",
    sortBy: (row) => row.host,
    render: (row) => row.host || row.agent,
  };
}

function role<Row extends OfferRow>(hideBelow: number): Column<Row> {
  return {
    id: "role",
    label: "Role",
    width: "minmax(4rem, 0.7fr)",
    hideBelow,
    sortBy: (row) => row.role,
    render: (row) => row.role,
  };
}

/** Of offers that wait for an answer. */
export function openColumns(frameworks: Frameworks): Column<OfferRow>[] {
  return [
    host(),
    framework(frameworks),
    role(760),
    {
      id: "resources",
      label: "Contents",
      width: "minmax(10rem, 3fr)",
      hideBelow: 620,
      below: true,
      render: (row) => <AmountsLine amounts={row.resources} />,
    },
    {
      id: "made",
      label: "Open for",
      width: "6.5rem",
      align: "end",
      sortBy: (row) => row.made,
      render: (row) => <Age at={row.made} />,
    },
  ];
}

/** Of offers that ended; `reasons` are Marathon's. */
export function answerColumns(
  frameworks: Frameworks,
  reasons: ReadonlyMap<string, readonly Reason[]>,
): Column<AnswerRow>[] {
  return [
    {
      id: "outcome",
      label: "Outcome",
      width: "minmax(6.8rem, 1.2fr)",
      sortBy: (row) => row.outcome,
      render: (row) => <StateWord state={row.outcome} why={row.why} />,
    },
    host(),
    framework(frameworks),
    role(1000),
    {
      id: "resources",
      label: "Contents",
      width: "minmax(11rem, 1.6fr)",
      hideBelow: 760,
      render: (row) => <AmountsLine amounts={row.resources} only={["cpus", "mem", "gpus"]} />,
    },
    {
      id: "what",
      label: "What became of it",
      hideBelow: Number.POSITIVE_INFINITY,
      below: true,
      render: (row) => <Follows row={row} reasons={reasons.get(row.id)} />,
    },
    {
      id: "ended",
      label: "When",
      width: "6.8rem",
      align: "end",
      sortBy: (row) => row.ended,
      render: (row) => <Age at={row.ended} ago />,
    },
  ];
}

function Follows({ row, reasons }: { row: AnswerRow; reasons: readonly Reason[] | undefined }) {
  const text = outcomeText(row, reasons);
  const hasFilter = row.refused_until !== undefined && row.outcome === "declined";
  return (
    <span title={text}>
      {hasFilter && <Until at={row.refused_until ?? 0} />}
      {hasFilter && text && " · "}
      {text}
    </span>
  );
}

/** Until when a framework is not offered the same again. */
export function Until({ at }: { at: number }) {
  return (
    <>
      filter {at > now.value ? "ends" : "ended"} <Age at={at} ago />
    </>
  );
}

/** Of groups of offers; bars against the most that one group has. */
export function groupColumns(label: string, most: Readonly<Record<string, number>>): Column<OfferGroup>[] {
  const bar = (name: string, hideBelow: number): Column<OfferGroup> => ({
    id: name,
    label: name,
    width: "minmax(6rem, 1.2fr)",
    hideBelow,
    sortBy: (group) => group.resources[name] ?? 0,
    render: (group) => (
      <span class="cell-bar">
        <Bar
          name={name}
          total={most[name] ?? 0}
          parts={[{ label: "offered", value: group.resources[name] ?? 0, token: "offered" }]}
        />
        <small class="muted num">{valueText(name, group.resources[name] ?? 0)}</small>
      </span>
    ),
  });
  return [
    {
      id: "label",
      label,
      width: "minmax(7rem, 2fr)",
      sortBy: (group) => group.label,
      render: (group) => group.label,
    },
    { id: "count", label: "Offers", width: "5.5rem", align: "end", sortBy: (g) => g.count, render: (g) => g.count },
    bar("cpus", 0),
    bar("mem", 560),
    bar("disk", 760),
    {
      id: "oldest",
      label: "Oldest",
      width: "5.5rem",
      align: "end",
      sortBy: (group) => group.oldest,
      render: (group) => <Age at={group.oldest} />,
    },
  ];
}

/** A link to an agent by its host. */
export function AgentLink({ row }: { row: OfferRow }) {
  return <a href={agentPath(row.agent)}>{row.host || row.agent}</a>;
}
