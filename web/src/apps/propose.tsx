/** An order about an app: its effect first; a deployment in the way is named, and only then can it be overridden. */

import { type Signal, signal } from "@preact/signals";
import type { ComponentChildren } from "preact";

import type { Answer } from "../ask/ask";
import { deploymentPath } from "../model/places";
import { Tick } from "../parts/bound";
import { propose } from "../shell/dialog";
import { notify } from "../shell/notices";
import { lockedBy } from "./effects";
import { deploymentOf } from "./orders";

export interface AppOrder {
  readonly title: string;
  /** Drawn as a component: it may read signals. */
  readonly Effect: () => ComponentChildren;
  readonly confirm: string;
  readonly danger?: boolean;
  readonly typed?: string;
  readonly problem?: () => string | undefined;
  readonly send: (force: boolean) => Promise<Answer<unknown>>;
  /** What has been done: "/shop/web scaled to 3". */
  readonly said: () => string;
  readonly done?: (body: unknown) => void;
  /** Deployments known to be in the way before anything is sent. */
  readonly locked?: readonly string[];
}

export function proposeForApp({ Effect, send, said, done, locked: known = [], ...rest }: AppOrder): void {
  const locked = signal(known);
  const force = signal(false);
  propose({
    ...rest,
    body: () => (
      <>
        <Effect />
        {locked.value.length > 0 && <Override locked={locked.value} force={force} />}
      </>
    ),
    act: async () => {
      const answer = await send(force.peek());
      if (!answer.ok) locked.value = [...new Set([...known, ...lockedBy(answer.error)])];
      return answer;
    },
    done: (body) => {
      const id = deploymentOf(body);
      const link = id === undefined ? {} : { link: { href: deploymentPath(id), label: "See the deployment" } };
      notify({ text: said(), tone: "good", ...link });
      done?.(body);
    },
  });
}

function Override({ locked, force }: { locked: readonly string[]; force: Signal<boolean> }) {
  return (
    <div class="callout tone-warn">
      <Tick held={force}>
        Stop what is under way and do this instead (force):{" "}
        {locked.map((id) => (
          <a key={id} href={deploymentPath(id)} target="_blank">
            deployment {id}
          </a>
        ))}
      </Tick>
    </div>
  );
}
