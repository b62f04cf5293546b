/** The order to kill a task of Marathon's: its options, and what follows from them, before it is given. */

import { signal } from "@preact/signals";

import { type Answer, ask } from "../ask/ask";
import { Tick } from "../parts/bound";
import { propose } from "../shell/dialog";
import { type Ending, killEffect, killPath, type Killing } from "./ending";

/** Ask whether a task is to be killed, and kill it. */
export function proposeKill(task: string, ending: Ending & { by: "marathon" }): void {
  const [scale, wipe] = [signal(false), signal(false)];
  const options = () => ({ scale: scale.value, wipe: wipe.value });
  propose({
    title: `Kill ${task}?`,
    body: () => (
      <>
        <p>{killEffect(ending, options())}</p>
        <Tick held={scale} against={wipe}>
          Start no other in its place (scale the app down by one)
        </Tick>
        <Tick held={wipe} against={scale}>
          Delete its data: volumes and reservations it holds on its agent
        </Tick>
      </>
    ),
    confirm: "Kill",
    danger: true,
    act: () => kill(task, options()),
    said: () => `${task} is being killed`,
  });
}

async function kill(task: string, killing: Killing): Promise<Answer<unknown>> {
  const answer = await ask<{ tasks?: readonly unknown[] } | null>("POST", killPath(killing), { ids: [task] });
  // Marathon passes over what it does not know; a scaling is answered by its deployment.
  if (!answer.ok || killing.scale || answer.body?.tasks?.length) return answer;
  return { ok: false, error: { status: 404, message: `Marathon knows no task ${task} (any more)`, body: answer.body } };
}
