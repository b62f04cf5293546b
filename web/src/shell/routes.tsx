/** What an address shows, and that it is there when the address is: screens are parts of their own (`screens.ts`). */

import type { ComponentChildren } from "preact";

import { Unfetched } from "../parts/lazy";
import { Screen } from "../parts/panel";
import { reloadOnce } from "../parts/part";
import { pathTo } from "./router";
import { partOf } from "./screens";

/** Fetch the screen of an address; undefined where it is there already. Never fails. */
export function prepareScreen(parts: readonly string[], href: string): Promise<void> | undefined {
  const part = partOf(parts);
  if (part === undefined || part.value !== undefined) return undefined;
  return part.fetch().then(() => (part.failed ? reloadOnce(href) : undefined));
}

/** The screen of an address; the cluster where it names none, nothing while it is fetched at the very beginning. */
export function showScreen(parts: readonly string[]): ComponentChildren {
  const [name = "cluster", ...rest] = parts;
  const part = partOf(parts);
  if (part === undefined) return <NotFound name={name} />;
  if (part.value !== undefined) return part.value[name]?.(...rest);
  return part.failed ? (
    <Screen title="Not there yet">
      <Unfetched />
    </Screen>
  ) : null;
}

function NotFound({ name }: { name: string }) {
  return (
    <Screen title="Not found">
      <p>
        There is no screen <code>{name}</code>. <a href={pathTo("cluster")}>See the cluster</a>, or press <kbd>/</kbd>{" "}
        to find an id or a name.
      </p>
    </Screen>
  );
}
