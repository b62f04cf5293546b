/** Who can end a task, and what follows. Pure. */

import type { FrameworkRow, InstanceRow, TaskRow } from "../model/rows";
import { isOver } from "./master_task";

export type Ending =
  /** Marathon kills it. */
  | { readonly by: "marathon"; readonly app: string; readonly instance: string; readonly tasks: readonly string[] }
  /** Nobody but its framework can, or something larger. */
  | { readonly by: "framework"; readonly sentence: string }
  | { readonly by: "nobody"; readonly sentence: string };

/** Who can end this task. `instance` is Marathon's of it, where it is one. */
export function endingOf(
  task: TaskRow,
  framework: FrameworkRow | undefined,
  instance: InstanceRow | undefined,
): Ending {
  if (isOver(task.state)) return { by: "nobody", sentence: "It is over." };
  if (instance !== undefined)
    return { by: "marathon", app: instance.app, instance: instance.id, tasks: instance.tasks };
  const name = framework?.name ?? task.framework;
  return {
    by: "framework",
    sentence: `Only its framework ${name} can end this task alone. Teardown of the framework ends it with all others of it; draining its agent moves all that runs there.`,
  };
}

export interface Killing {
  readonly scale: boolean;
  readonly wipe: boolean;
}

/** What a kill will do, before it is done. */
export function killEffect(ending: Ending & { by: "marathon" }, { scale, wipe }: Killing): string {
  const whole = ending.tasks.length > 1 ? `The whole instance ends, with its ${ending.tasks.length} tasks. ` : "";
  if (scale) return `${whole}${ending.app} has one instance less from then on: no other is started in its place.`;
  const kept = wipe ? " Its data on volumes of the agent is deleted, and what was reserved for it given back." : "";
  return `${whole}Another instance of ${ending.app} is started in its place.${kept}`;
}

/** The order to Marathon, below /ui/api/. */
export function killPath({ scale, wipe }: Killing): string {
  return `marathon/v2/tasks/delete?scale=${scale}&wipe=${wipe}`;
}
