/** One file that grows, as its reader likes it: following, paused, searched, further up, as a download. */

import { useEffect, useMemo, useRef } from "preact/hooks";

import { Icon } from "./icon";
import { bytesInWords, nameOf } from "./file_listing";
import { TailReader } from "./log_follow";
import { LogBar } from "./log_bar";
import { LogLines } from "./log_lines";
import { downloadHref } from "./log_reader";
import { useLogSearch } from "./log_search";
import type { Tail } from "./log_tail";
import { type LogLine, shownLines } from "./log_window";

/** The tail of a file in a sandbox of an agent. */
export function LogView({ agent, path }: { agent: string; path: string }) {
  const reader = useMemo(() => new TailReader({ agent, path }), [agent, path]);
  useEffect(() => {
    reader.start();
    return () => reader.stop();
  }, [reader]);
  // Who pauses by the button is not made to go on by scrolling.
  const isHeld = useRef(false);
  const tail = reader.tail.value;
  const follows = tail.phase !== "paused";
  const lines = useMemo(() => shownLines(tail.window), [tail.window]);
  const search = useLogSearch(lines, () => reader.pause());
  const toggle = () => {
    isHeld.current = follows;
    if (follows) reader.pause();
    else reader.resume();
  };
  return (
    <div class="log-box">
      <LogBar search={search} size={bytesInWords(tail.size)} follows={follows} news={newsText(tail)} toggle={toggle}>
        <a class="button" href={downloadHref(reader.file)} download={nameOf(path)}>
          Download
        </a>
      </LogBar>
      <LogState tail={tail} isEmpty={lines.length === 0} />
      <LogLines
        label={nameOf(path)}
        lines={lines}
        keyOf={keyOf}
        follows={follows}
        matches={search.matches}
        current={search.current}
        onAway={() => reader.pause()}
        onEnd={() => isHeld.current || reader.resume()}
        onBegin={() => void reader.earlier()}
      />
    </div>
  );
}

function LogState({ tail, isEmpty }: { tail: Tail; isEmpty: boolean }) {
  if (tail.problem !== undefined) {
    return (
      <p class="log-state tone-bad" role="status">
        <Icon name="alert" /> {tail.problem}
      </p>
    );
  }
  if (!isEmpty) return null;
  const isComing = tail.phase === "opening" || tail.window.end < tail.size;
  return (
    <p class="log-state muted" role="status">
      {isComing ? "Reading …" : "Nothing has been written to it yet."}
    </p>
  );
}

function newsText({ unseen, uncounted }: Tail): string {
  if (unseen === 0 && !uncounted) return "";
  return `${unseen}${uncounted ? "+" : ""} new ${unseen === 1 && !uncounted ? "line" : "lines"}`;
}

function keyOf(line: LogLine): string {
  return `${line.generation}:${line.at}`;
}
