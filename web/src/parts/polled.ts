/** What no table has, asked for again and again while somebody looks: never while the tab is hidden. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { ask, type Refused } from "../ask/ask";

export interface Polled<Body> {
  /** The last answer that was one. */
  readonly body?: Body;
  /** Why the last question had no answer. */
  readonly error?: Refused;
  /** Ask now. */
  readonly again: () => void;
}

const RETRY_SECONDS = 5;

/** Ask for a path below /ui/api/ now and every so many seconds; `undefined` asks nothing, 0 seconds until it is told. */
export function usePolled<Body>(path: string | undefined, seconds: number, because: unknown = 0): Polled<Body> {
  const [answer, setAnswer] = useState<{ path: string; body?: Body; error?: Refused }>();
  const turn = useRef<() => void>(() => undefined);
  useEffect(() => {
    if (path === undefined) return;
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      clearTimeout(timer);
      if (document.hidden) return;
      const told = await ask<Body>("GET", path, undefined, ending.signal).catch(() => undefined);
      if (told === undefined || ending.signal.aborted) return;
      if (told.ok) setAnswer({ path, body: told.body });
      else setAnswer((now) => ({ ...(now?.path === path ? now : {}), path, error: told.error }));
      if (seconds > 0 || !told.ok) timer = setTimeout(read, (seconds || RETRY_SECONDS) * 1000);
    };
    turn.current = () => void read();
    turn.current();
    document.addEventListener("visibilitychange", turn.current, { signal: ending.signal });
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [path, seconds, because]);
  const again = useCallback(() => turn.current(), []);
  const { path: _, ...mine } = answer?.path === path && answer ? answer : { path };
  return { ...mine, again };
}
