/** A stacked bar: parts of a total, with the same in words for those who don't see it. */

import { percentText, share, valueText } from "../model/amounts";

export interface BarPart {
  readonly label: string;
  readonly value: number;
  /** A token's name without the dashes: allocated, offered, used, reserved, good, bad, move, series-1, ... */
  readonly token: string;
}

export interface BarProps {
  /** What it measures: cpus, mem, ...; also decides the unit. */
  readonly name: string;
  readonly total: number;
  readonly parts: readonly BarPart[];
  /** A mark over the bar: what is really used, a quota. */
  readonly marks?: readonly BarPart[];
  readonly size?: "small" | "big";
  /** Say the parts beneath it too. */
  readonly legend?: boolean;
}

/** The bar in words: "cpus: 3 allocated (38%), 1 offered (13%) of 8". */
export function barText({ name, total, parts, marks = [] }: BarProps): string {
  const said = [...parts, ...marks].map(
    (part) => `${valueText(name, part.value)} ${part.label} (${percentText(share(part.value, total))})`,
  );
  return `${name}: ${said.join(", ")} of ${valueText(name, total)}`;
}

export function Bar(props: BarProps) {
  const { name, total, parts, marks = [], size = "small", legend } = props;
  const text = barText(props);
  return (
    <div class={`bar-box ${size}`}>
      <div class="bar" role="img" aria-label={text} title={text}>
        {parts.map((part) => (
          <span
            key={part.label}
            style={{ width: `${Math.min(1, share(part.value, total)) * 100}%`, background: `var(--${part.token})` }}
          />
        ))}
        {marks.map((mark) => (
          <i
            key={mark.label}
            style={{ left: `${Math.min(1, share(mark.value, total)) * 100}%`, background: `var(--${mark.token})` }}
          />
        ))}
      </div>
      {legend && (
        <ul class="legend">
          {[...parts, ...marks]
            .filter((part, place) => place === 0 || part.value > 0)
            .map((part) => (
              <li key={part.label}>
                <b style={{ background: `var(--${part.token})` }} />
                {part.label} <span class="num">{valueText(name, part.value)}</span>
              </li>
            ))}
        </ul>
      )}
    </div>
  );
}
