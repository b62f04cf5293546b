/** How the link to the server stands, where it does not: since when, and why. What is shown meanwhile is dimmed. */

import { useSignalEffect } from "@preact/signals";

import { me } from "../ask/rights";
import { link } from "../live/live";
import type { LinkState } from "../live/protocol";
import { spanText } from "../model/ages";
import { now } from "../parts/age";
import { Icon } from "../parts/icon";
import { linkWords, outWords } from "./link_words";

/** The page is dimmed by `data-link` of the root element. */
export function LinkMark() {
  useSignalEffect(() => {
    document.documentElement.dataset["link"] = link.value.phase;
  });
  const words = linkWords(link.value, now.value);
  // Where the master was told of no Marathon, nothing of it is missed.
  const outside = me.value?.marathon ? outWords(link.value) : "";
  return (
    <div role="status" class="link-mark">
      {words !== "" && (
        <span class="link-words">
          <Icon name={link.value.phase === "refused" ? "stop" : "alert"} />
          <span>{words}</span>
          <LinkAge state={link.value} />
          {link.value.phase === "refused" && (
            <a href="/ui/api/sign_in" target="_self">
              Sign in
            </a>
          )}
        </span>
      )}
      {outside !== "" && (
        <span class="link-words" title={outside}>
          <Icon name="alert" />
          <span>{outside}</span>
        </span>
      )}
    </div>
  );
}

/** Ticks apart from the words, which alone are read out. */
function LinkAge({ state }: { state: LinkState }) {
  return (
    <span class="num" aria-hidden="true">
      {spanText(Math.max(0, now.value - state.since / 1000))}
    </span>
  );
}
