/** A framework's open offers, and what it did with the last ones. */

import { useMemo } from "preact/hooks";

import { useTable } from "../live/live";
import { agentPath } from "../model/places";
import type { AnswerRow, OfferRow } from "../model/rows";
import { Age } from "../parts/age";
import { Empty } from "../parts/empty";
import { Panel } from "../parts/panel";
import { StateWord } from "../parts/state_word";
import { type Column, WindowTable } from "../parts/window_table";

export function FrameworkOffers({ id }: { id: string }) {
  const offers = useTable("offers");
  const answers = useTable("answers");
  const open = useMemo(() => [...offers.rows.values()].filter((row) => row.framework === id), [offers.version, id]);
  const past = useMemo(() => [...answers.rows.values()].filter((row) => row.framework === id), [answers.version, id]);
  return (
    <div class="stack">
      <Panel title="Open offers" flush>
        <WindowTable
          label="Open offers"
          rows={open}
          columns={OPEN}
          rowKey={(row) => row.id}
          initialSort="-made"
          sortName="offers"
          maxHeight="20rem"
          empty={<Empty title="Nothing is offered to it now" />}
        />
      </Panel>
      <Panel title="Recent answers" flush>
        <WindowTable
          label="Recent answers"
          rows={past}
          columns={PAST}
          rowKey={(row) => row.id}
          initialSort="-ended"
          sortName="answers"
          maxHeight="32rem"
          empty={<Empty title="It answered no offer lately" />}
        />
      </Panel>
    </div>
  );
}

const host: Column<OfferRow> = {
  id: "host",
  label: "Agent",
  width: "minmax(6rem, 1fr)",
  render: (row) => <a href={agentPath(row.agent)}>{row.host}</a>,
  sortBy: (row) => row.host,
};
const role: Column<OfferRow> = {
  id: "role",
  label: "Role",
  width: "minmax(4rem, 0.7fr)",
  hideBelow: 820,
  render: (row) => row.role,
  sortBy: (row) => row.role,
};
const contents: Column<OfferRow> = {
  id: "resources",
  label: "Resources",
  width: "minmax(8rem, 3fr)",
  hideBelow: 620,
  below: true,
  render: (row) => <span title={row.text}>{row.text}</span>,
};

const OPEN: readonly Column<OfferRow>[] = [
  host,
  role,
  contents,
  {
    id: "made",
    label: "Open for",
    width: "6.5rem",
    align: "end",
    render: (row) => <Age at={row.made} />,
    sortBy: (row) => row.made,
  },
];

const PAST: readonly Column<AnswerRow>[] = [
  host,
  {
    id: "outcome",
    label: "Outcome",
    width: "7rem",
    render: (row) => <StateWord state={row.outcome} />,
    sortBy: (row) => row.outcome,
  },
  role,
  contents,
  {
    id: "what",
    label: "What follows",
    width: "minmax(7rem, 2fr)",
    hideBelow: 480,
    below: true,
    render: (row) => <Follows row={row} />,
  },
  {
    id: "ended",
    label: "When",
    width: "5.5rem",
    align: "end",
    render: (row) => <Age at={row.ended} ago />,
    sortBy: (row) => row.ended,
  },
];

function Follows({ row }: { row: AnswerRow }) {
  if (row.operations.length > 0) return <span title={row.operations.join("\n")}>{row.operations.join(", ")}</span>;
  if (row.refused_until !== undefined) {
    return (
      <>
        not again <Age at={row.refused_until} ago />
      </>
    );
  }
  return <>{row.why}</>;
}
