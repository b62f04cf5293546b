/** Components that are scripts of their own, fetched when they are first shown, or before in idle time. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Empty } from "./empty";
import { part, reload, reloadOnce } from "./part";

/** A component that fetches the real one: `lazy(async () => (await import("./x")).X)`. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const fetched = part(load);
  return (props) => {
    const [, setTold] = useState({});
    useEffect(() => {
      if (fetched.value !== undefined) return;
      void fetched.fetch().then(() => {
        setTold({});
        if (fetched.failed) void reloadOnce(location.href);
      });
    }, []);
    const Found = fetched.value;
    if (Found !== undefined) return <Found {...props} />;
    return fetched.failed ? <Unfetched /> : <p class="muted">Fetching this part of the page …</p>;
  };
}

/** In place of a part that can't be had now. */
export function Unfetched() {
  const [isUnanswered, setUnanswered] = useState(false);
  const tryAgain = async () => {
    setUnanswered(false);
    await reload(location.href);
    setUnanswered(true);
  };
  return (
    <Empty title="This part of the page can't be fetched now">
      <button type="button" onClick={tryAgain}>
        Try again
      </button>
      {isUnanswered && <p role="status">The page can't be fetched either: nothing answers yet.</p>}
    </Empty>
  );
}
