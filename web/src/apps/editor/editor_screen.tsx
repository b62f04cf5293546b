/** Making or changing an app, several, a group or a pod: as a form or as JSON, looked at by a dry run before it is sent. */

import { type Signal, signal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import { useRights } from "../../ask/rights";
import { useTable } from "../../live/live";
import { appPath } from "../../model/places";
import type { AppRow } from "../../model/rows";
import { Barred } from "../../parts/barred";
import { Empty } from "../../parts/empty";
import { useQuery } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Screen } from "../../parts/panel";
import { Tabs } from "../../parts/tabs";
import { pathTo, setQuery } from "../../shell/router";
import { editable, readDefinition } from "../definitions";
import { readNow } from "../orders";
import { Code } from "./code";
import { type Document, open, setText } from "./document";
import { byElement, byLine, type Complaint, type Found, findings } from "./editing";
import { Form } from "./form";
import { review } from "./review";

/** What is edited, and what it began with. */
export interface Editing {
  /** Missing for something new. */
  readonly target: Pick<AppRow, "id" | "kind"> | undefined;
  readonly document: Signal<Document>;
  readonly complaints: Signal<readonly Complaint[]>;
  readonly problem: Signal<string>;
  /** As it was when the editing began. */
  readonly base: Record<string, unknown>;
}

export function EditorScreen({ id }: { id?: string }) {
  const apps = useTable("apps");
  const row = id === undefined ? undefined : apps.rows.get(id);
  const editing = useSignal<Editing | undefined>(undefined);
  const error = useSignal("");
  const group = useQuery("group");
  const isKnown = id === undefined || row !== undefined;
  useEffect(() => {
    if (!isKnown || editing.peek()) return;
    if (row === undefined) {
      const text = `{\n  "id": ${JSON.stringify(group && `${group}/`)},\n  "instances": 1,\n  "cpus": 0.1,\n  "mem": 64\n}`;
      editing.value = begin(undefined, text, {});
      return;
    }
    readNow(row).then((answer) => {
      if (answer.ok) editing.value = begin({ id: row.id, kind: row.kind }, editable(answer.body), answer.body);
      else error.value = answer.error.message;
    });
  }, [id, isKnown]);
  const up = row ? { href: appPath(row.id), label: row.id } : { href: pathTo("apps"), label: "Apps" };
  return (
    <Screen
      title={id ? `Edit ${id}` : "New app"}
      up={up}
      actions={editing.value && <Buttons editing={editing.value} />}
    >
      {error.value && <Empty title="The definition can't be had">{error.value}</Empty>}
      {editing.value && <Editor editing={editing.value} row={row} />}
      {!isKnown && apps.ready && <Empty title="There is no such app">{id}</Empty>}
    </Screen>
  );
}

function begin(target: Editing["target"], text: string, base: Record<string, unknown>): Editing {
  return { target, document: signal(open(text)), complaints: signal([]), problem: signal(""), base };
}

function Buttons({ editing }: { editing: Editing }) {
  const apps = useTable("apps");
  const isBusy = useSignal(false);
  const right = editing.target ? "update_apps" : "create_apps";
  const rights = useRights(editing.target?.id);
  const press = async () => {
    isBusy.value = true;
    await review(editing, apps.rows);
    isBusy.value = false;
  };
  const load = async (file: File | undefined) => file && replace(editing, await file.text());
  return (
    <>
      <label class="button">
        Open a file
        <input
          class="hidden-text"
          type="file"
          accept=".json,application/json"
          onChange={(event) => load(event.currentTarget.files?.[0])}
        />
      </label>
      <button
        type="button"
        class="primary"
        disabled={isBusy.value || !rights?.[right]}
        aria-describedby="barred"
        onClick={press}
      >
        {isBusy.value ? "Looking ahead …" : "Review …"}
      </button>
      <Barred id="barred" rights={[right]} what={editing.target?.id ?? "apps"} to={rights} />
    </>
  );
}

function replace({ document }: Editing, text: string): void {
  document.value = setText(document.peek(), text);
  setQuery("side", "json");
}

function Editor({ editing, row }: { editing: Editing; row: AppRow | undefined }) {
  const { document, complaints } = editing;
  const found = useComputed(() => findings(document.value, complaints.value)).value;
  const jump = useSignal<{ line: number } | undefined>(undefined);
  const isJson = useQuery("side") === "json" || editing.target?.kind === "pod";
  useLeaveQuestion(document);
  const show = ({ line, element }: Found) => {
    if (isJson || element === undefined || !focusField(element)) {
      setQuery("side", "json");
      jump.value = { line };
    }
  };
  const drop = async (event: DragEvent) => {
    const file = event.dataTransfer?.files[0];
    if (file === undefined) return;
    event.preventDefault();
    replace(editing, await file.text());
  };
  return (
    <div class="stack" onDrop={drop} onDragOver={(event) => event.preventDefault()}>
      {row && editing.base.version !== row.version && (
        <p class="callout tone-warn" role="status">
          <Icon name="alert" />
          <span>Somebody has changed {row.id} since you began. What that was is shown before yours is sent.</span>
        </p>
      )}
      <Problems found={found} problem={editing.problem.value} show={show} />
      <Sides editing={editing} found={found} jump={jump.value} />
    </div>
  );
}

function Sides({
  editing,
  found,
  jump,
}: {
  editing: Editing;
  found: readonly Found[];
  jump: { line: number } | undefined;
}) {
  const { document, target } = editing;
  const text = document.value.text;
  const lines = useMemo(() => byLine(found), [found]);
  const changed = (fresh: string) => {
    document.value = setText(document.peek(), fresh);
  };
  const json = {
    id: "json",
    label: "JSON",
    render: () => <Code label="The definition as JSON" text={text} onText={changed} problems={lines} jump={jump} />,
  };
  const form = {
    id: "form",
    label: "Form",
    render: () => <FormSide document={document} found={found} isNew={target === undefined} />,
  };
  return <Tabs name="side" label="Ways to edit" tabs={target?.kind === "pod" ? [json] : [form, json]} />;
}

/** The form, where there is one app to fill in; otherwise why not. The JSON stays as it is either way. */
function FormSide({ document, found, isNew }: { document: Signal<Document>; found: readonly Found[]; isNew: boolean }) {
  const read = readDefinition(document.value.text);
  if ("kind" in read ? read.kind !== "app" : found[0]?.message === read.message) {
    const why =
      "kind" in read
        ? `The JSON defines ${read.kind === "apps" ? "several apps" : `a ${read.kind}`}.`
        : `Line ${read.line}: ${read.message}.`;
    return (
      <Empty title="The form waits for the JSON of one app">{why} Nothing is lost: change it on the JSON side.</Empty>
    );
  }
  return <Form document={document} said={byElement(found)} isNew={isNew} />;
}

function Problems({
  found,
  problem,
  show,
}: {
  found: readonly Found[];
  problem: string;
  show: (found: Found) => void;
}) {
  return (
    <div role="alert">
      {(found.length > 0 || problem) && (
        <div class="callout tone-bad">
          <Icon name="alert" />
          <div>
            {problem && <p>{problem}</p>}
            <ul>
              {found.map((each) => (
                <li key={`${each.line} ${each.message}`}>
                  <button type="button" class="plain as-link" onClick={() => show(each)}>
                    line {each.line}
                  </button>{" "}
                  <span class="wrap">{each.message}</span>
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
    </div>
  );
}

function focusField(element: string): boolean {
  const field = globalThis.document.querySelector<HTMLElement>(`[data-field="${CSS.escape(element)}"]`);
  const section = field?.closest("details");
  if (section) section.open = true;
  field?.focus();
  return field !== null;
}

/** The browser asks before what was changed goes with the page. */
function useLeaveQuestion(document: Signal<Document>): void {
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (document.peek().text !== document.peek().original) event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [document]);
}
