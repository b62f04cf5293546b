/** What lies in a folder of a sandbox, as `/files/browse` tells it, in the order a person looks for it. Pure. */

import { names } from "../model/sorting";

export interface FileEntry {
  readonly path: string;
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** As `ls` writes it: "drwxr-xr-x". */
  readonly mode: string;
  readonly uid: string;
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function isFolder(entry: FileEntry): boolean {
  return entry.mode.startsWith("d");
}

/** Folders first, then files, by name as people count: web.2 before web.10. */
export function listed(entries: readonly FileEntry[]): FileEntry[] {
  return [...entries].sort(
    (one, other) =>
      Number(isFolder(other)) - Number(isFolder(one)) || names.compare(nameOf(one.path), nameOf(other.path)),
  );
}

/** The way from the root to a path below it: each part with the path that leads there, the root first. */
export function crumbs(below: string): { name: string; below: string }[] {
  const parts = below.split("/").filter(Boolean);
  return [
    { name: "sandbox", below: "" },
    ...parts.map((name, index) => ({ name, below: parts.slice(0, index + 1).join("/") })),
  ];
}

/** A path below a root. */
export function joinPath(root: string, below: string): string {
  return below === "" ? root : `${root}/${below}`;
}

/** A number of bytes in words: "1.5 KiB". */
export function bytesInWords(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let amount = bytes;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[unit]}`;
}
