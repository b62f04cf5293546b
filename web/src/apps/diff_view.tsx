/** Two definitions line by line; what is equal is folded. */

import { useMemo } from "preact/hooks";

import { canonical, type DiffLine, diffLines, foldLines } from "./differences";

const SIGNS = { same: " ", in: "+", out: "−" };

export function DiffView({ old, fresh, label }: { old: unknown; fresh: unknown; label: string }) {
  const parts = useMemo(() => foldLines(diffLines(canonical(old), canonical(fresh))), [old, fresh]);
  if (!parts.some((part) => part.lines?.some(({ kind }) => kind !== "same")))
    return <p class="muted">Nothing differs.</p>;
  return (
    <section class="diff mono" aria-label={label} tabIndex={0}>
      {parts.map((part, index) =>
        part.folded ? (
          <details key={index}>
            <summary>{part.folded.length} equal lines</summary>
            <Lines lines={part.folded} />
          </details>
        ) : (
          <Lines key={index} lines={part.lines} />
        ),
      )}
    </section>
  );
}

function Lines({ lines }: { lines: readonly DiffLine[] }) {
  return (
    <>
      {lines.map(({ kind, text, old, fresh }) => (
        <div key={`${old}-${fresh}`} class={kind}>
          <span class="num muted">{fresh ?? old}</span>
          <span class="sign">
            <span aria-hidden="true">{SIGNS[kind]}</span>
            {kind !== "same" && <span class="hidden-text">{kind === "in" ? "new:" : "gone:"}</span>}
          </span>
          <span class="pre">{text}</span>
        </div>
      ))}
    </>
  );
}
