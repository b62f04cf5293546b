/** What is offered to whom now, and what became of the last offers. */

import { useMemo } from "preact/hooks";

import { useTable } from "../live/live";
import { sumAmounts } from "../model/amounts";
import type { AnswerRow, FrameworkRow, OfferRow } from "../model/rows";
import { Empty, NotYet } from "../parts/empty";
import { Choice, SearchField, useQuery } from "../parts/field";
import { Screen } from "../parts/panel";
import { Tabs } from "../parts/tabs";
import { WindowTable } from "../parts/window_table";
import { pathTo, place, setQuery } from "../shell/router";
import { answerColumns, groupColumns, openColumns } from "./offer_columns";
import { chooseOffers, frameworkName, groupOffers, optionsOf, type OfferFilter } from "./offer_rules";
import { type Reasons, WithReasons } from "./refusals";

const OUTCOMES = ["accepted", "declined", "rescinded", "expired", "withdrawn"];
type Frameworks = ReadonlyMap<string, FrameworkRow>;

export function OffersScreen() {
  const offers = useTable("offers");
  const answers = useTable("answers");
  const frameworks = useTable("frameworks").rows;
  const filter = useFilter();
  const key = Object.values(filter).join("\n");
  const open = useMemo(() => chooseOffers(offers.rows.values(), filter, frameworks), [offers.version, key, frameworks]);
  const past = useMemo(
    () => chooseOffers(answers.rows.values(), filter, frameworks),
    [answers.version, key, frameworks],
  );
  const all = [...offers.rows.values(), ...answers.rows.values()];
  return (
    <Screen title="Offers" beside={offers.ready && <span class="muted num">{offers.rows.size} outstanding</span>}>
      <Filters all={all} frameworks={frameworks} filter={filter} />
      <Tabs
        label="Offers"
        tabs={[
          {
            id: "open",
            label: "Outstanding",
            count: open.length,
            render: () => (offers.ready ? <Open rows={open} frameworks={frameworks} /> : <NotYet table="offers" />),
          },
          {
            id: "answers",
            label: "Recent answers",
            count: past.length,
            render: () => (answers.ready ? <Past rows={past} frameworks={frameworks} /> : <NotYet table="answers" />),
          },
        ]}
      />
    </Screen>
  );
}

function useFilter(): OfferFilter {
  return {
    search: useQuery("search"),
    framework: useQuery("framework"),
    role: useQuery("role"),
    agent: useQuery("agent"),
    outcome: useQuery("outcome"),
  };
}

function Filters(props: { all: readonly OfferRow[]; frameworks: Frameworks; filter: OfferFilter }) {
  const { all, frameworks, filter } = props;
  const any = { value: "", label: "any" };
  const ids = optionsOf(new Set(all.map((row) => row.framework)), filter.framework);
  const roles = optionsOf(new Set(all.map((row) => row.role)), filter.role);
  return (
    <div class="row">
      <SearchField label="Find offers" placeholder="Id, host or task" />
      <Choice
        name="framework"
        label="Framework"
        options={[any, ...ids.map((id) => ({ value: id, label: frameworkName(id, frameworks) }))]}
      />
      <Choice name="role" label="Role" options={[any, ...roles.map((value) => ({ value, label: value }))]} />
      {place.value.query.get("tab") === "answers" && (
        <Choice name="outcome" label="Outcome" options={[any, ...OUTCOMES.map((value) => ({ value, label: value }))]} />
      )}
      {filter.agent && (
        <button type="button" onClick={() => setQuery("agent", "")}>
          Agent {filter.agent} ×
        </button>
      )}
    </div>
  );
}

function Open({ rows, frameworks }: { rows: readonly OfferRow[]; frameworks: Frameworks }) {
  const by = useQuery("by");
  return (
    <div class="stack">
      <div class="row">
        <span class="segments" role="group" aria-label="Show by">
          {["", "framework", "agent"].map((one) => (
            <button key={one} type="button" aria-pressed={by === one} onClick={() => setQuery("by", one)}>
              {one === "" ? "Each offer" : `By ${one}`}
            </button>
          ))}
        </span>
      </div>
      {by === "framework" || by === "agent" ? (
        <Groups key={by} rows={rows} by={by} frameworks={frameworks} />
      ) : (
        <Each rows={rows} frameworks={frameworks} />
      )}
    </div>
  );
}

function Each({ rows, frameworks }: { rows: readonly OfferRow[]; frameworks: Frameworks }) {
  const columns = useMemo(() => openColumns(frameworks), [frameworks]);
  return (
    <WindowTable
      label="Outstanding offers"
      rows={rows}
      columns={columns}
      rowKey={(row) => row.id}
      rowHref={(row) => pathTo("offers", row.id)}
      initialSort="made"
      empty={<NoOffers />}
    />
  );
}

function NoOffers() {
  return (
    <Empty title="No offer is outstanding">
      Everything is used, refused for a while, or nobody wants offers. <a href={pathTo("roles")}>See who waits</a>, or{" "}
      <a href={pathTo("offers", { tab: "answers" })}>what became of the last ones</a>.
    </Empty>
  );
}

function Groups(props: { rows: readonly OfferRow[]; by: "framework" | "agent"; frameworks: Frameworks }) {
  const { rows, by, frameworks } = props;
  const groups = useMemo(() => groupOffers(rows, by, frameworks), [rows, by, frameworks]);
  const total = useMemo(() => sumAmounts(groups.map((group) => group.resources)), [groups]);
  const columns = useMemo(() => groupColumns(by === "agent" ? "Agent" : "Framework", total), [by, total]);
  return (
    <WindowTable
      label={`Outstanding offers by ${by}`}
      rows={groups}
      columns={columns}
      rowKey={(group) => group.key}
      rowHref={(group) => pathTo("offers", { [by]: group.key })}
      initialSort="-count"
      empty={<NoOffers />}
    />
  );
}

function Past({ rows, frameworks }: { rows: readonly AnswerRow[]; frameworks: Frameworks }) {
  return <WithReasons>{(reasons) => <PastTable rows={rows} frameworks={frameworks} reasons={reasons} />}</WithReasons>;
}

function PastTable(props: { rows: readonly AnswerRow[]; frameworks: Frameworks; reasons: Reasons }) {
  const { rows, frameworks, reasons } = props;
  const columns = useMemo(() => answerColumns(frameworks, reasons), [frameworks, reasons]);
  return (
    <WindowTable
      label="Recent answers"
      rows={rows}
      columns={columns}
      rowKey={(row) => row.id}
      rowHref={(row) => pathTo("offers", row.id)}
      initialSort="-ended"
      empty={<Empty title="No answer is remembered">The master remembers the last 2,000 since it leads.</Empty>}
    />
  );
}
