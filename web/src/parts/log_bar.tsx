/** What stands above a log: the search in it, and whether it follows what is written. */

import type { ComponentChildren } from "preact";

import { Icon } from "./icon";
import { type LogSearch, LogSearchField } from "./log_search";

interface LogBarProps {
  readonly search: LogSearch;
  /** How much there is, where that is known. */
  readonly size?: string;
  readonly follows: boolean;
  /** What came while it is paused: "3 new lines", or nothing. */
  readonly news: string;
  /** Follow, or pause. */
  readonly toggle: () => void;
  /** Further buttons. */
  readonly children?: ComponentChildren;
}

export function LogBar({ search, size, follows, news, toggle, children }: LogBarProps) {
  return (
    <div class="log-bar row">
      <LogSearchField search={search} />
      <div class="actions row">
        {size && <span class="num small muted">{size}</span>}
        <button type="button" aria-pressed={follows} class={follows ? undefined : "primary"} onClick={toggle}>
          <Icon name={follows ? "pause" : "play"} />
          {follows ? "Pause" : news ? `Follow (${news})` : "Follow"}
        </button>
        {children}
      </div>
    </div>
  );
}
