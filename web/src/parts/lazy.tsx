/** Parts of the page that are fetched when they are first shown, so that the first view need not wait for them. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Empty } from "./empty";

/** A component that fetches the real one: `lazy(async () => (await import("./x")).X)`. A failed fetch can be tried again. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let found: ComponentType<Props> | undefined;
  return (props) => {
    const [phase, setPhase] = useState<"loading" | "there" | "failed">(found ? "there" : "loading");
    useEffect(() => {
      if (phase !== "loading") return;
      load().then(
        (component) => {
          found = component;
          setPhase("there");
        },
        () => setPhase("failed"),
      );
    }, [phase]);
    const Found = found;
    if (Found !== undefined) return <Found {...props} />;
    if (phase === "loading") return <p class="muted">Fetching this part of the page …</p>;
    return (
      <Empty title="This part of the page can't be fetched">
        <button type="button" onClick={() => setPhase("loading")}>
          Try again
        </button>
      </Empty>
    );
  };
}
