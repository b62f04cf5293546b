/** The last look before a definition is sent: what a dry run finds, who else has changed it, and then the order. */

import { ask } from "../../ask/ask";
import { appPath } from "../../model/places";
import type { AppRow } from "../../model/rows";
import { go, pathTo } from "../../shell/router";
import { type Definition, editable, planBody, readDefinition, sending } from "../definitions";
import { DiffView } from "../diff_view";
import { landings, type Plan, planEffects } from "../effects";
import { readAgents, readNow, send } from "../orders";
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
  if (!("kind" in found)) {
    complaints.value = complaintsOf(text, [{ path: "/id", message: found.message }], false);
    return;
  }
  if (draftProblems(document.peek()).length > 0) return;
  const isNew = found.ids[0] !== target?.id;
  if (isNew && (found.kind === "app" || found.kind === "pod") && apps.has(found.ids[0] ?? "")) {
    complaints.value = complaintsOf(
      text,
      [{ path: "/id", message: `${found.ids[0]} is there already: open it to change it` }],
      false,
    );
    return;
  }
  const agents = await readAgents();
  const plan = await ask<Plan>(
    "POST",
    "marathon/koinon/plan?partialUpdate=false",
    new Blob([planBody(found, agents)], { type: "application/json" }),
  );
  if (!plan.ok) {
    refused(editing, text, found, plan.error);
    return;
  }
  proposeSending({ editing, found, isNew, plan: plan.body, apps, theirs: await theirChange(editing, isNew) });
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

function proposeSending({ editing, found, isNew, plan, apps, theirs }: Proposal): void {
  const [first = "/"] = found.ids;
  const name = found.ids.length > 1 ? `${found.ids.length} apps` : first;
  const places = landings(plan);
  const makes = plan.changes.length > 0 && plan.changes.every(({ action }) => action === "create");
  const text = editing.document.peek().text;
  proposeForApp({
    title: makes ? `Create ${name}` : `Change ${name}`,
    Effect: () => (
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
        {places.map((each) => (
          <p key={each} class="muted wrap">
            {each}
          </p>
        ))}
      </>
    ),
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
