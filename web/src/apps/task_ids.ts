/** What Marathon's task ids say: `shop_web.instance-<uuid>._app.1`, where a pod's name the container in place of `_app`. */

interface TaskName {
  readonly instance: string;
  /** Missing for an app's. */
  readonly container?: string;
  readonly attempt: number;
}

/** Read a task id; undefined for one of another make. */
export function readTaskId(id: string): TaskName | undefined {
  const found = /^(.+\.(?:instance|marathon)-[^.]+)\.([^.]+)\.(\d+)$/.exec(id);
  if (found === null) return undefined;
  const [, instance = "", container = "", attempt] = found;
  return { instance, attempt: Number(attempt), ...(container === "_app" ? {} : { container }) };
}

/** Where an agent keeps a task's files; all containers of a pod's instance lie below one executor's. */
export function sandboxPath(framework: string, id: string): string {
  const name = readTaskId(id);
  const base = `/frameworks/${framework}/executors/`;
  if (name?.container === undefined) return `${base}${id}/runs/latest`;
  const [, path, prefix, uuid] = /^(.+)\.([^-.]+)-([^.]+)$/.exec(name.instance) ?? [];
  const executor = `${prefix}-${path}.${uuid}${name.attempt === 1 ? "" : `.${name.attempt}`}`;
  return `${base}${executor}/runs/latest/tasks/${id}`;
}

/** The parts of an instance's id that tell it from others of its app: its time, and what is random: "a1b2c3d4-8e0f". */
export function shortId(id: string): string {
  const [, time, end] = /\.(?:instance|marathon)-([^-.]+)[^.]*?([^-.]{4})(?:\.|$)/.exec(id) ?? [];
  return time === undefined ? id : `${time}-${end}`;
}
