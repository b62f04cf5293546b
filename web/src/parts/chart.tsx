/** Values over time as lines, with the same as a table for those who don't see it. Follows the theme and its own width. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

import { momentText } from "../model/ages";
import { numberText } from "../model/amounts";
import { theme } from "../shell/theme";

export interface Series {
  readonly label: string;
  /** A token's name without the dashes: allocated, used, series-1. */
  readonly token: string;
  /** One value a moment; null where nothing is known. */
  readonly values: readonly (number | null)[];
  /** Fill beneath the line. */
  readonly fill?: boolean;
  readonly dashed?: boolean;
}

export interface ChartProps {
  readonly label: string;
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly format?: (value: number) => string;
  /** The top of the scale at least: a total. */
  readonly max?: number;
  readonly height?: number;
}

/** Rows of the table that stands for the picture. */
const TABLE_ROWS = 24;

export function Chart(props: ChartProps) {
  const { label, series, times, height = 190, format = numberText } = props;
  const hovered = useSignal<number | null>(null);
  const box = usePlot(props, height, hovered);
  const at = hovered.value !== null && hovered.value < times.length ? hovered.value : times.length - 1;
  return (
    <figure class="chart">
      <div ref={box} role="img" aria-label={`${label}. The table beneath has its values.`} />
      <figcaption class="chart-foot">
        <ul class="legend">
          {series.map((each) => (
            <li key={each.label}>
              <b style={{ background: `var(--${each.token})` }} />
              {each.label} <span class="num">{valueAt(each, at, format)}</span>
            </li>
          ))}
        </ul>
        <span class="muted small num">{hovered.value !== null && times[at] ? momentText(times[at]) : ""}</span>
        <AsTable {...props} format={format} />
      </figcaption>
    </figure>
  );
}

/** The plot within the element that is returned: made anew for other lines, another theme or height. */
function usePlot(props: ChartProps, height: number, hovered: { value: number | null }) {
  const { series, times } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const shape = series.map((each) => each.label + each.token).join();
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const made = new uPlot(optionsOf(latest.current, element, height, hovered), dataOf(latest.current), element);
    plot.current = made;
    const sizes = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape, theme.value, height]);
  useEffect(() => plot.current?.setData(dataOf(props)), [times, series]);
  return box;
}

function valueAt(series: Series, at: number, format: (value: number) => string): string {
  const value = series.values[at];
  return value === null || value === undefined ? "–" : format(value);
}

/** Drawn only once it is open: a chart may have a thousand moments. */
function AsTable(props: ChartProps) {
  const isOpen = useSignal(false);
  return (
    <details
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>As a table</summary>
      {isOpen.value && <ValueTable {...props} />}
    </details>
  );
}

/** The newest moment first, and so few of the others that they can be read. */
function ValueTable({ label, times, series, format = numberText }: ChartProps) {
  const step = Math.max(1, Math.ceil(times.length / TABLE_ROWS));
  const shown = times.map((_, at) => at).filter((at) => (times.length - 1 - at) % step === 0);
  return (
    <div class="scroller">
      <table class="plain-table">
        <caption class="hidden-text">{label}</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {series.map((each) => (
              <th key={each.label} scope="col" class="end">
                {each.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.reverse().map((at) => (
            <tr key={times[at]}>
              <th scope="row">{momentText(times[at] ?? 0)}</th>
              {series.map((each) => (
                <td key={each.label} class="end">
                  {valueAt(each, at, format)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function dataOf({ times, series }: ChartProps): uPlot.AlignedData {
  return [times as number[], ...series.map((each) => each.values as (number | null)[])];
}

/** A token as a colour that canvas understands. */
function colour(element: HTMLElement, token: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(--${token})`;
  element.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function optionsOf(
  props: ChartProps,
  element: HTMLElement,
  height: number,
  hovered: { value: number | null },
): uPlot.Options {
  const { format = numberText, max = 0 } = props;
  const line = colour(element, "line");
  const axis = {
    stroke: colour(element, "muted"),
    font: "11px system-ui, sans-serif",
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(high || 0, max) * 1.04 || 1] } },
    axes: [
      { ...axis, size: 26, values: timeLabels, space: 70 },
      { ...axis, size: 62, space: 36, values: (_plot, splits) => splits.map((value) => format(value)) },
    ],
    series: [{}, ...props.series.map((each) => lineOf(each, colour(element, each.token)))],
    hooks: {
      setCursor: [
        (plot) => {
          hovered.value = plot.cursor.idx ?? null;
        },
      ],
    },
  };
}

function lineOf(series: Series, stroke: string): uPlot.Series {
  return {
    stroke,
    width: 1.75,
    points: { show: false },
    ...(series.dashed ? { dash: [5, 4] } : {}),
    ...(series.fill ? { fill: stroke.replace(/^rgb\((.*)\)$/, "rgba($1, 0.14)") } : {}),
  };
}

/** Hours and minutes; the day where it turns. */
function timeLabels(_plot: uPlot, splits: number[]): string[] {
  return splits.map((at) => {
    const [day, time] = momentText(at).split(" ");
    return time === "00:00:00" ? (day ?? "").slice(5) : (time ?? "").slice(0, 5);
  });
}
