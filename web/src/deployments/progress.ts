/** How far deployments are, and what ending one comes to, in words. Pure. */

import type { DeploymentRow } from "../model/rows";

export type StepState = "done" | "under way" | "to come";
type Progress = DeploymentRow["progress"][number];

/** Whether a step, the first being 1, is behind, under way or ahead. */
export function stepState(deployment: DeploymentRow, number: number): StepState {
  if (number < deployment.step) return "done";
  return number === deployment.step ? "under way" : "to come";
}

/** "ScaleApplication" as people say it: "Scale". */
export function actionWord(action: string): string {
  return action.replace(/(Application|Pod)$/, "");
}

/** Parts of a bar of one app's instances: ready new ones, new ones not ready yet, old ones that are left. */
export function progressParts({ running, ready, old }: Progress): { label: string; value: number; token: string }[] {
  return [
    { label: "ready", value: ready, token: "good" },
    { label: "running, not ready", value: Math.max(0, running - ready), token: "reserved" },
    { label: "of the old version", value: old, token: "idle" },
  ];
}

/** What the bar is a part of: as many as are wanted, or as there are. */
export function progressTotal({ wanted, running, old }: Progress): number {
  return Math.max(1, wanted, running + old);
}

/** "1 of 3 ready, 2 of the old version left". */
export function progressText({ wanted, ready, old }: Progress): string {
  const left = old > 0 ? `${old} of the old version left` : "";
  return wanted === 0 ? left || "nothing is left" : `${ready} of ${wanted} ready${left && `, ${left}`}`;
}

/** What it waits for; of one app alone without its name before each sentence, nor how many are ready, which its bar says. */
export function whyTexts({ apps, why }: DeploymentRow): readonly string[] {
  const [only] = apps;
  return apps.length > 1
    ? why
    : why
        .filter((text) => !/\d+ of \d+ (new )?instances are ready$/.test(text))
        .map((text) => (text.startsWith(`${only}: `) ? text.slice(`${only}: `.length) : text));
}

/** The apps of a deployment in a few words: "/web", "/web and 3 more". */
export function appsText(apps: readonly string[]): string {
  const [first = "no app", ...more] = apps;
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}

/** What undoing a deployment comes to. */
export function undoEffect(deployment: DeploymentRow): string {
  const apps = appsText(deployment.apps);
  return `Stops it and starts another deployment, which brings ${apps} back to what it was before. Instances that were started are ended, those that were ended are started again.`;
}

/** What stopping a deployment where it is comes to. */
export function stopEffect(deployment: DeploymentRow): string {
  const left = deployment.steps.length - deployment.step;
  const rest = left > 0 ? ` ${left} further ${left === 1 ? "step is" : "steps are"} not taken.` : "";
  return `Stops it at step ${deployment.step} of ${deployment.steps.length} and undoes nothing.${rest} Old and new instances may stay side by side; each app is kept at its wanted number from then on.`;
}

/** Those that the search names by id, version or app; the oldest first. */
export function findDeployments(deployments: Iterable<DeploymentRow>, search: string): DeploymentRow[] {
  const wanted = search.toLowerCase();
  return [...deployments]
    .filter(({ id, version, apps }) => [id, version, ...apps].some((text) => text.toLowerCase().includes(wanted)))
    .sort((one, other) => one.began - other.began || one.id.localeCompare(other.id));
}
