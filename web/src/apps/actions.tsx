/** What can be done to an app or pod, as buttons and their dialogs. */

import { signal } from "@preact/signals";

import { ask } from "../ask/ask";
import type { Rights } from "../ask/rights";
import type { AppRow } from "../model/rows";
import { TextField } from "../parts/bound";
import { go, pathTo } from "../shell/router";
import { destroyEffect, restartEffect, scaleEffect, suspendEffect } from "./effects";
import { idPath } from "./definitions";
import { lastCount, readNow, resource, scale } from "./orders";
import { proposeForApp } from "./propose";

/** All actions of one app that we may order; a pod can't be restarted as it is. */
export function Actions({ app, rights }: { app: AppRow; rights: Rights }) {
  const isSuspended = app.instances === 0;
  const button = (label: string, press: () => void, look?: string) => (
    <button type="button" class={look} onClick={press}>
      {label}
    </button>
  );
  return (
    <>
      {rights.update_apps && (
        <>
          <a class="button" href={pathTo("apps", app.id, "edit")}>
            Edit
          </a>
          {button("Scale", () => proposeScale(app, app.instances))}
          {app.kind === "app" && !isSuspended && button("Restart", () => proposeRestart(app))}
          {isSuspended
            ? button("Resume", async () => proposeScale(app, await lastCount(app), true))
            : button("Suspend", () => proposeSuspend(app))}
          {app.status === "Delayed" && button("Try now", () => proposeReset(app))}
        </>
      )}
      {rights.delete_apps && button("Destroy", () => proposeDestroy(app), "danger")}
    </>
  );
}

/** The deployment that such an order would be in the way of. */
function lockOn({ deployment }: AppRow): readonly string[] {
  return deployment === undefined ? [] : [deployment];
}

function proposeScale(app: AppRow, begin: number, isResume = false): void {
  const typed = signal(String(begin));
  const isCount = () => /^\s*\d{1,9}\s*$/.test(typed.value);
  proposeForApp({
    title: `${isResume ? "Resume" : "Scale"} ${app.id}`,
    Effect: () => (
      <>
        <TextField label="Instances" held={typed} inputMode="numeric" aria-invalid={!isCount()} />
        <p aria-live="polite">{isCount() && scaleEffect(app, Number(typed.value))}</p>
      </>
    ),
    confirm: isResume ? "Resume" : "Scale",
    problem: () => (isCount() ? undefined : "The number of instances is a whole number, 0 or more."),
    locked: lockOn(app),
    send: (force) => scale(app, Number(typed.peek()), force),
    said: () => `${app.id} is scaled to ${Number(typed.peek())}`,
  });
}

function proposeSuspend(app: AppRow): void {
  proposeForApp({
    title: `Suspend ${app.id}`,
    Effect: () => <p>{suspendEffect(app)}</p>,
    confirm: "Suspend",
    danger: true,
    locked: lockOn(app),
    send: (force) => scale(app, 0, force),
    said: () => `${app.id} is suspended`,
  });
}

function proposeRestart(app: AppRow): void {
  const strategy = signal<{ minimumHealthCapacity?: number; maximumOverCapacity?: number } | undefined>(undefined);
  readNow(app).then((answer) => {
    if (answer.ok) strategy.value = answer.body.upgradeStrategy as typeof strategy.value;
  });
  proposeForApp({
    title: `Restart ${app.id}`,
    Effect: () => <p>{restartEffect(app, strategy.value)}</p>,
    confirm: "Restart",
    locked: lockOn(app),
    send: (force) => ask("POST", `${resource(app)}/restart?force=${force}`),
    said: () => `${app.id} restarts`,
  });
}

function proposeReset(app: AppRow): void {
  proposeForApp({
    title: `Try ${app.id} now`,
    Effect: () => (
      <p>Forgets the delay after its failures: what is to start is launched at the next offer that fits.</p>
    ),
    confirm: "Try now",
    send: () => ask("DELETE", `marathon/v2/queue${idPath(app.id)}/delay`),
    said: () => `The delay of ${app.id} is reset`,
  });
}

function proposeDestroy(app: AppRow): void {
  proposeForApp({
    title: `Destroy ${app.id}`,
    Effect: () => <p>{destroyEffect(app, app.kind)}</p>,
    confirm: "Destroy",
    danger: true,
    typed: app.id,
    locked: lockOn(app),
    // Said aloud: without it Marathon overrides any deployment here.
    send: (force) => ask("DELETE", `${resource(app)}?force=${force}`),
    said: () => `${app.id} is being destroyed`,
    done: () => go(pathTo("apps")),
  });
}
