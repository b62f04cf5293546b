/** The last look before a definition is sent: what a dry run finds, who else has changed it, and then the order. */

import { appPath } from "../../model/places";
import type { AppRow } from "../../model/rows";
import { go, pathTo } from "../../shell/router";
import { type Definition, editable, readDefinition, sending } from "../definitions";
import { DiffView } from "../diff_view";
import { landings, type Plan, planEffects } from "../effects";
import { plan, readAgents, readNow, send } from "../orders";
import { problemsOf } from "../problems";
import { proposeForApp } from "../propose";
import { draftProblems } from "./document";
import { complaintsOf } from "./editing";
import type { Editing } from "./editor_screen";

type Rows = ReadonlyMap<string, AppRow>;

/** Look, and propose; what is wrong is left in the editing's complaints. */
export async function review(editing: Editing, apps: Rows): Promise<void> {
  const { document, complaints, problem, target } = editing;
  const text = document.peek().text;
  const found = readDefinition(text);
  complaints.value = [];
  problem.value = "";
  const complain = (message: string) => {
    complaints.value = complaintsOf(text, [{ path: "/id", message }], false);
  };
  if (!("kind" in found)) return complain(found.message);
  if (draftProblems(document.peek()).length > 0) return;
  const isNew = found.ids[0] !== target?.id;
  if (isNew && (found.kind === "app" || found.kind === "pod") && apps.has(found.ids[0] ?? ""))
    return complain(`${found.ids[0]} is there already: open it to change it`);
  const planned = await plan(found, await readAgents());
  if (!planned.ok) {
    refused(editing, text, found, planned.error);
    return;
  }
  proposeSending({ editing, found, isNew, plan: planned.body, apps, theirs: await theirChange(editing, isNew) });
}

/** What somebody else made of it meanwhile. */
async function theirChange({ target, base }: Editing, isNew: boolean): Promise<Record<string, unknown> | undefined> {
  if (target === undefined || isNew) return undefined;
  const now = await readNow(target);
  return now.ok && now.body.version !== base.version ? now.body : undefined;
}

function refused(editing: Editing, text: string, found: Definition, error: { message: string; body: unknown }): void {
  const problems = problemsOf(error.body);
  editing.complaints.value = complaintsOf(text, problems, found.kind === "app");
  editing.problem.value = problems.length > 0 ? "" : error.message;
}

interface Proposal {
  readonly editing: Editing;
  readonly found: Definition;
  readonly isNew: boolean;
  readonly plan: Plan;
  readonly apps: Rows;
  readonly theirs: Record<string, unknown> | undefined;
}

/** What it does, and to whose changes. */
function Effects({ editing, plan, apps, theirs }: Proposal) {
  return (
    <>
      {theirs && (
        <div class="stack">
          <p class="tone-warn">
            <strong>Somebody else changed it since you began. Yours undoes this:</strong>
          </p>
          <DiffView
            old={JSON.parse(editable(editing.base))}
            fresh={JSON.parse(editable(theirs))}
            label="What somebody else changed"
          />
        </div>
      )}
      <p>This:</p>
      <ul>
        {planEffects(plan, (id) => apps.get(id)?.instances ?? 0).map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
      {landings(plan).map((each) => (
        <p key={each} class="muted wrap">
          {each}
        </p>
      ))}
    </>
  );
}

function proposeSending(proposal: Proposal): void {
  const { editing, found, isNew, plan, theirs } = proposal;
  const [first = "/"] = found.ids;
  const name = found.ids.length > 1 ? `${found.ids.length} apps` : first;
  const makes = plan.changes.length > 0 && plan.changes.every(({ action }) => action === "create");
  const text = editing.document.peek().text;
  proposeForApp({
    title: makes ? `Create ${name}` : `Change ${name}`,
    Effect: () => <Effects {...proposal} />,
    confirm: theirs ? "Overwrite" : makes ? "Create" : "Deploy",
    danger: theirs !== undefined || plan.changes.some(({ action }) => action === "remove"),
    locked: plan.conflicts.map(({ id }) => id),
    send: async (force) => {
      const answer = await send(sending(found, isNew, force ? "true" : ""));
      if (!answer.ok) refused(editing, text, found, answer.error);
      return answer;
    },
    said: () => `${name} ${makes ? "is created" : "is changed"}`,
    done: () => {
      editing.document.value = { ...editing.document.peek(), original: editing.document.peek().text };
      go(found.kind === "app" || found.kind === "pod" ? appPath(first) : pathTo("apps"));
    },
  });
}
