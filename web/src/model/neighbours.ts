/** Which cell lies next to another in a flow of cells. Pure. */

export interface Box {
  readonly left: number;
  readonly top: number;
}

/** Where an arrow key leads from one cell; undefined for another key, or where nothing lies there. */
export function neighbour(key: string, at: number, boxes: readonly Box[]): number | undefined {
  if (key === "Home") return 0;
  if (key === "End") return boxes.length - 1;
  if (key === "ArrowRight") return at + 1 < boxes.length ? at + 1 : undefined;
  if (key === "ArrowLeft") return at > 0 ? at - 1 : undefined;
  if (key !== "ArrowDown" && key !== "ArrowUp") return undefined;
  return acrossRows(key === "ArrowDown" ? 1 : -1, at, boxes);
}

/** The cell of the nearest row above or below that stands nearest to the same column. */
function acrossRows(direction: 1 | -1, at: number, boxes: readonly Box[]): number | undefined {
  const here = boxes[at];
  if (here === undefined) return undefined;
  let best: number | undefined;
  let cost = Number.POSITIVE_INFINITY;
  boxes.forEach((box, index) => {
    const rows = (box.top - here.top) * direction;
    if (rows <= 1) return;
    const found = rows * 1e5 + Math.abs(box.left - here.left);
    if (found < cost) {
      cost = found;
      best = index;
    }
  });
  return best;
}
