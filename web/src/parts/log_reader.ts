/** Reads files of an agent's sandboxes through the relay: exact bytes with the file's size, as READ_FILE answers them. */

import { type Answer, ask } from "../ask/ask";
import { type FileEntry, nameOf } from "./file_listing";
import type { Piece, Read } from "./log_tail";

interface Told {
  readonly read_file: { readonly size: number | string; readonly data?: string };
}

/** A file of one agent. */
export interface FilePlace {
  readonly agent: string;
  readonly path: string;
}

/** Answer one question about a file. `/files/read` answers text, in which half characters and other bytes are lost. */
export async function readPiece(file: FilePlace, read: Read, signal: AbortSignal): Promise<Answer<Piece>> {
  const path = read.older ? `${file.path}.1` : file.path;
  const call = { type: "READ_FILE", read_file: { path, offset: read.offset, length: read.length } };
  const answer = await ask<Told>("POST", `${agentPath(file.agent)}/api/v1`, call, signal);
  if (!answer.ok) return answer;
  const { size, data = "" } = answer.body.read_file;
  return { ok: true, body: { size: Number(size), bytes: Uint8Array.from(atob(data), (one) => one.charCodeAt(0)) } };
}

/** As `readPiece`, of a file that may not be there: its folder is asked first, as a file that is missing is an error to browsers. */
export async function readPieceIfAny(file: FilePlace, read: Read, signal: AbortSignal): Promise<Answer<Piece>> {
  const folder = encodeURIComponent(file.path.slice(0, file.path.lastIndexOf("/")));
  const path = `${agentPath(file.agent)}/files/browse?path=${folder}`;
  const entries = await ask<readonly FileEntry[]>("GET", path, undefined, signal);
  if (!entries.ok) return entries;
  const wanted = nameOf(file.path) + (read.older ? ".1" : "");
  if (entries.body.some((entry) => nameOf(entry.path) === wanted)) return readPiece(file, read, signal);
  return { ok: false, error: { status: 404, message: `There is no file ${wanted} yet, or not any more.`, body: null } };
}

/** Below /ui/api/: what an agent answers. */
export function agentPath(agent: string): string {
  return `agents/${encodeURIComponent(agent)}`;
}

/** Where a browser gets the whole file. */
export function downloadHref(file: FilePlace): string {
  return `/ui/api/${agentPath(file.agent)}/files/download?path=${encodeURIComponent(file.path)}`;
}
