/** One row of a window table; drawn again only when something of it is another than before. */

import { Component } from "preact";

import { go } from "../shell/router";
import type { Column } from "./window_table";

interface RowProps<Row> {
  readonly name: string;
  readonly row: Row;
  readonly index: number;
  readonly top: number;
  readonly columns: readonly Column<Row>[];
  /** Columns that stand beneath the first one. */
  readonly below: readonly Column<Row>[];
  readonly href: ((row: Row) => string) | undefined;
  /** Whether Tab stops here. */
  readonly isStop: boolean;
}

const COMPARED = ["row", "index", "top", "columns", "below", "isStop"] as const;

export class TableRow<Row> extends Component<RowProps<Row>> {
  override shouldComponentUpdate(next: RowProps<Row>): boolean {
    return COMPARED.some((name) => next[name] !== this.props[name]);
  }

  /** A press anywhere on the row follows it, except on what does something itself, and except at the end of a selection. */
  private readonly press = (event: MouseEvent): void => {
    const { href, row } = this.props;
    if (href === undefined || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if ((event.target as Element).closest("a, button, input, select, label, summary")) return;
    if (getSelection()?.isCollapsed === false) return;
    go(href(row));
  };

  override render() {
    const { name, row, index, top, columns, below, href, isStop } = this.props;
    return (
      <div
        role="row"
        class={href ? "table-row leads" : "table-row"}
        aria-rowindex={index + 2}
        data-key={name}
        tabIndex={isStop ? 0 : -1}
        style={{ top: `${top}px` }}
        onClick={this.press}
      >
        {columns.map((column, place) => (
          <div key={column.id} role="gridcell" class={column.align}>
            <div class="clip">{this.cell(column, place === 0 && href !== undefined)}</div>
            {place === 0 && below.length > 0 && (
              <div class="clip beneath">
                {below.map((each) => (
                  <span key={each.id}>{each.render(row)}</span>
                ))}
              </div>
            )}
          </div>
        ))}
      </div>
    );
  }

  /** The first cell is a link as well, so that it can be opened in a tab of its own; the row is what Tab stops at. */
  private cell(column: Column<Row>, leads: boolean) {
    const { href, row } = this.props;
    const content = column.render(row);
    if (!leads || href === undefined || column.isApart) return content;
    return (
      <a href={href(row)} tabIndex={-1}>
        {content}
      </a>
    );
  }
}
