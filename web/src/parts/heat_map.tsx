/** Many things as cells by group, coloured by how full they are; arrow keys move between cells, Enter follows one.
 *
 * Holds a thousand cells: a cell is drawn again only when what it shows is another. The same must be had as a table.
 */

import { Component } from "preact";
import { useRef, useState } from "preact/hooks";

import { neighbour } from "../model/neighbours";
import { Icon, type IconKey } from "./icon";

export interface HeatCell {
  readonly key: string;
  readonly href: string;
  /** All of it in words. */
  readonly label: string;
  /** 0 to 5; undefined where it has no place on the scale. */
  readonly level: number | undefined;
  /** In place of nothing within the cell: a number, if there is room. */
  readonly text?: string;
  readonly icon?: IconKey;
  /** What its label begins with: where there is so much room that all of that is shown. */
  readonly title?: string;
}

export interface HeatGroup {
  readonly label: string;
  readonly note: string;
  readonly cells: readonly HeatCell[];
}

interface HeatMapProps {
  readonly label: string;
  readonly groups: readonly HeatGroup[];
  readonly cellWidth: number;
}

/** The cell beside another, as an arrow key means it; undefined at the edge. */
function cellBeside(box: HTMLElement | null, from: EventTarget | null, key: string): HTMLElement | undefined {
  const cells = [...(box?.querySelectorAll<HTMLElement>("[data-key]") ?? [])];
  const at = cells.indexOf(from as HTMLElement);
  if (at === -1) return undefined;
  const places = cells.map((cell) => cell.getBoundingClientRect());
  return cells[neighbour(key, at, places) ?? -1];
}

export function HeatMap({ label, groups, cellWidth }: HeatMapProps) {
  const box = useRef<HTMLDivElement>(null);
  const [stop, setStop] = useState<string>();
  const all = groups.flatMap((group) => group.cells);
  const current = all.some((cell) => cell.key === stop) ? stop : all[0]?.key;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const to = cellBeside(box.current, event.target, event.key);
    if (to === undefined) return;
    event.preventDefault();
    setStop(to.dataset["key"]);
    to.focus();
  };
  return (
    <div
      class={groups.length === 1 ? "heat whole" : "heat"}
      role="group"
      aria-label={label}
      ref={box}
      style={{ "--cell": `${cellWidth}px` }}
      onKeyDown={onKeyDown}
      onFocusIn={(event) => setStop((event.target as HTMLElement).dataset["key"])}
    >
      {groups.map((group) => (
        <Group key={group.label} group={group} stop={current} />
      ))}
    </div>
  );
}

/** `stop` is the key of the cell that Tab stops at. */
function Group({ group, stop }: { group: HeatGroup; stop: string | undefined }) {
  return (
    <section aria-label={group.label}>
      <h3>
        <span class="wrap">{group.label}</span>
        <span class="num">{group.note}</span>
      </h3>
      <div class="heat-cells">
        {group.cells.map((cell) => (
          <Cell {...cell} key={cell.key} name={cell.key} isStop={cell.key === stop} />
        ))}
      </div>
    </section>
  );
}

type CellProps = Omit<HeatCell, "key"> & { readonly name: string; readonly isStop: boolean };
const COMPARED = ["href", "label", "level", "text", "icon", "title", "isStop"] as const;

class Cell extends Component<CellProps> {
  override shouldComponentUpdate(next: CellProps): boolean {
    return COMPARED.some((name) => next[name] !== this.props[name]);
  }

  override render() {
    const { name, href, label, level, text, icon, title, isStop } = this.props;
    return (
      <a
        class={`heat-cell heat-${level ?? "off"} ${title ? "named" : ""}`}
        href={href}
        data-key={name}
        aria-label={label}
        title={label}
        tabIndex={isStop ? 0 : -1}
      >
        {title ? (
          <>
            <b class="clip">{title}</b> <span class="clip">{label.slice(title.length + 2)}</span>
          </>
        ) : icon ? (
          <Icon name={icon} />
        ) : (
          text
        )}
      </a>
    );
  }
}

/** What the colours mean. */
export function HeatScale({ off }: { off: string }) {
  const steps = ["none", "to 20%", "40%", "60%", "80%", "100%"];
  return (
    <ul class="legend" aria-label="What the colours mean">
      {steps.map((step, level) => (
        <li key={step}>
          <b class={`heat-${level}`} />
          {step}
        </li>
      ))}
      <li>
        <b class="heat-off" />
        {off}
      </li>
    </ul>
  );
}
