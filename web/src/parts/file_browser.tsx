/** The files of a sandbox: folders, sizes, times, and each file as a log or a download. Where one stands is in the URL. */

import { useMemo } from "preact/hooks";

import { place, pathTo } from "../shell/router";
import { Age } from "./age";
import { Empty } from "./empty";
import { useQuery } from "./field";
import { bytesInWords, crumbs, type FileEntry, isFolder, joinPath, listed, nameOf } from "./file_listing";
import { Icon } from "./icon";
import { agentPath, downloadHref } from "./log_reader";
import { LogView } from "./log_view";
import { usePolled } from "./polled";
import { type Column, WindowTable } from "./window_table";

const REFRESH_SECONDS = 5;

/** `path` is the sandbox; what is below it stands in `?dir=` and `?file=`. */
export function FileBrowser({ agent, path }: { agent: string; path: string }) {
  const dir = useQuery("dir");
  const file = useQuery("file");
  return (
    <div class="stack">
      <nav aria-label="Folders" class="row">
        <Crumbs dir={dir} file={file} />
      </nav>
      {file === "" ? (
        <Folder agent={agent} root={path} dir={dir} />
      ) : (
        <LogView agent={agent} path={joinPath(path, file)} />
      )}
    </div>
  );
}

function Crumbs({ dir, file }: { dir: string; file: string }) {
  const all = crumbs(file || dir);
  return (
    <>
      {all.map(({ name, below }, index) => (
        <span key={below} class="row">
          {index > 0 && <Icon name="right" />}
          {index === all.length - 1 ? <strong>{name}</strong> : <a href={hrefWith(below, "")}>{name}</a>}
        </span>
      ))}
    </>
  );
}

function Folder({ agent, root, dir }: { agent: string; root: string; dir: string }) {
  const path = joinPath(root, dir);
  const asked = `${agentPath(agent)}/files/browse?path=${encodeURIComponent(path)}`;
  const { body, error } = usePolled<readonly FileEntry[]>(asked, REFRESH_SECONDS);
  const rows = useMemo(() => listed(body ?? []), [body]);
  const columns = useMemo(() => columnsOf(agent), [agent]);
  if (body === undefined)
    return error ? <Gone status={error.status} message={error.message} /> : <Empty title="Reading …" />;
  return (
    <WindowTable
      label="Files"
      rows={rows}
      columns={columns}
      rowKey={(entry) => entry.path}
      rowHref={(entry) => {
        const below = entry.path.slice(root.length + 1);
        return isFolder(entry) ? hrefWith(below, "") : hrefWith(dir, below);
      }}
      maxHeight="62vh"
      sortName="files"
      empty={<Empty title="This folder is empty" />}
    />
  );
}

/** A sandbox that can't be shown, and what that means. */
export function Gone({ status, message }: { status: number; message: string }) {
  if (status !== 404) return <Empty title="The files can't be read">{message}</Empty>;
  return (
    <Empty title="There is nothing here (any more)">
      Agents delete the files of what ended after some time, the sooner the fuller their disk is. {message}
    </Empty>
  );
}

/** This page with another folder or file open. */
function hrefWith(dir: string, file: string): string {
  const { parts, query } = place.peek();
  const kept = Object.fromEntries([...query].filter(([name]) => name !== "dir" && name !== "file"));
  return pathTo(...parts, { ...kept, ...(dir && { dir }), ...(file && { file }) });
}

function columnsOf(agent: string): Column<FileEntry>[] {
  const get: Column<FileEntry> = {
    id: "get",
    label: "Get",
    width: "5.5rem",
    align: "end",
    render: (entry) =>
      !isFolder(entry) && (
        <a
          href={downloadHref({ agent, path: entry.path })}
          download={nameOf(entry.path)}
          aria-label={`Download ${nameOf(entry.path)}`}
        >
          Download
        </a>
      ),
  };
  return [...COLUMNS, get];
}

const COLUMNS: readonly Column<FileEntry>[] = [
  {
    id: "name",
    label: "Name",
    width: "minmax(9rem, 3fr)",
    render: (entry) => (
      <>
        <Icon name={isFolder(entry) ? "box" : "list"} /> {nameOf(entry.path)}
        {isFolder(entry) && "/"}
      </>
    ),
    sortBy: (entry) => `${isFolder(entry) ? 0 : 1}${nameOf(entry.path)}`,
  },
  {
    id: "size",
    label: "Size",
    align: "end",
    width: "6rem",
    render: (entry) => (isFolder(entry) ? "" : bytesInWords(entry.size)),
    sortBy: (entry) => (isFolder(entry) ? undefined : entry.size),
  },
  { id: "mode", label: "Mode", width: "7rem", hideBelow: 620, render: (entry) => <code>{entry.mode}</code> },
  {
    id: "owner",
    label: "Owner",
    width: "6rem",
    hideBelow: 720,
    render: (entry) => entry.uid,
    sortBy: (entry) => entry.uid,
  },
  {
    id: "changed",
    label: "Changed",
    width: "7rem",
    hideBelow: 480,
    below: true,
    render: (entry) => <Age at={entry.mtime} ago />,
    sortBy: (entry) => entry.mtime,
  },
];
