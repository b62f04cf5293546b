/** What the instances of an app wrote, merged; each line says of which instance it is. */

import "../shell/common";

import { useMemo } from "preact/hooks";

import type { InstanceRow } from "../model/rows";
import { Empty } from "../parts/empty";
import { Choice, useQuery } from "../parts/field";
import { MergedLog } from "../parts/merged_log";
import { readTaskId, sandboxPath, shortId } from "./task_ids";

const FILES = [
  { value: "", label: "stdout" },
  { value: "stderr", label: "stderr" },
];

export function Logs({ instances, framework }: { instances: readonly InstanceRow[]; framework: string | undefined }) {
  const file = useQuery("file") || "stdout";
  const placed = instances.filter(({ agent }) => agent !== undefined);
  const key = placed.flatMap(({ tasks }) => tasks).join(" ");
  const sources = useMemo(
    () =>
      placed.flatMap(({ agent = "", tasks }) =>
        tasks.map((task) => ({ label: labelOf(task), agent, path: `${sandboxPath(framework ?? "", task)}/${file}` })),
      ),
    [key, framework, file],
  );
  if (placed.length === 0) return <Empty title="Nothing has been written">No instance is on an agent now.</Empty>;
  return (
    <div class="stack">
      <div class="row">
        <Choice name="file" label="File" options={FILES} />
      </div>
      {framework !== undefined && <MergedLog key={file} sources={sources} />}
    </div>
  );
}

function labelOf(task: string): string {
  return [shortId(task), readTaskId(task)?.container].filter(Boolean).join(" ");
}
