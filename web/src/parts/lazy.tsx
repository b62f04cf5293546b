/** Components that are scripts of their own, fetched when they are first shown, or before in idle time. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Empty } from "./empty";
import { part, reloadOnce } from "./part";

/** A component that fetches the real one: `lazy(async () => (await import("./x")).X)`. A failed fetch can be tried again. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const fetched = part(load);
  return (props) => {
    const [attempt, setAttempt] = useState(0);
    const [, setTold] = useState({});
    const tryAgain = () => setAttempt(attempt + 1);
    useEffect(() => {
      if (fetched.value !== undefined) return;
      void fetched.fetch().then(() => {
        setTold({});
        if (fetched.failed) void reloadOnce(location.href);
      });
    }, [attempt]);
    const Found = fetched.value;
    if (Found !== undefined) return <Found {...props} />;
    return fetched.failed ? <Unfetched again={tryAgain} /> : <p class="muted">Fetching this part of the page …</p>;
  };
}

/** In place of a part that can't be had now. */
export function Unfetched({ again }: { again: () => void }) {
  return (
    <Empty title="This part of the page can't be fetched now">
      <button type="button" onClick={again}>
        Try again
      </button>
    </Empty>
  );
}
