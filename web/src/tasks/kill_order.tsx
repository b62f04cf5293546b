/** The order to kill a task of Marathon's: its options, and what follows from them, before it is given. */

import { signal } from "@preact/signals";

import { type Answer, ask } from "../ask/ask";
import { propose } from "../shell/dialog";
import { notify } from "../shell/notices";
import { type Ending, killEffect, killPath, type Killing } from "./ending";

/** Ask whether a task is to be killed, and kill it. */
export function proposeKill(task: string, ending: Ending & { by: "marathon" }): void {
  const options = signal<Killing>({ scale: false, wipe: false });
  propose({
    title: `Kill ${task}?`,
    body: () => (
      <>
        <p>{killEffect(ending, options.value)}</p>
        <Option
          label="Start no other in its place (scale the app down by one)"
          checked={options.value.scale}
          onChange={(scale) => {
            options.value = { scale, wipe: false };
          }}
        />
        <Option
          label="Delete its data: volumes and reservations it holds on its agent"
          checked={options.value.wipe}
          onChange={(wipe) => {
            options.value = { scale: false, wipe };
          }}
        />
      </>
    ),
    confirm: "Kill",
    danger: true,
    act: () => kill(task, options.value),
    done: () => notify({ text: `${task} is being killed`, tone: "good" }),
  });
}

function Option(props: { label: string; checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <label class="row">
      <input
        type="checkbox"
        checked={props.checked}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      {props.label}
    </label>
  );
}

async function kill(task: string, killing: Killing): Promise<Answer<unknown>> {
  const answer = await ask<{ tasks?: readonly unknown[] } | null>("POST", killPath(killing), { ids: [task] });
  // Marathon passes over what it does not know; a scaling is answered by its deployment.
  if (!answer.ok || killing.scale || answer.body?.tasks?.length) return answer;
  return { ok: false, error: { status: 404, message: `Marathon knows no task ${task} (any more)`, body: answer.body } };
}
