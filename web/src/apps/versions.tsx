/** The kept versions of an app: what each changed, two of them side by side, and the way back to one. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { AppRow } from "../model/rows";
import { Age } from "../parts/age";
import { Empty } from "../parts/empty";
import { useQuery } from "../parts/field";
import { Panel } from "../parts/panel";
import { setQuery } from "../shell/router";
import { DiffView } from "./diff_view";
import { changes, changeText } from "./differences";
import { planEffects } from "./effects";
import { layOut } from "./editor/json_edit";
import { plan, readVersion, readVersions, rollBack } from "./orders";
import { proposeForApp } from "./propose";

type Definition = Record<string, unknown>;
/** So many definitions are read at once to say what changed. */
const MOST_READ = 20;
const MOST_TOLD = 6;

/** The kept versions and the definitions of the newest, read anew when the app changes. */
function useVersions(app: AppRow, count: number) {
  const versions = useSignal<readonly string[]>([]);
  const read = useSignal<ReadonlyMap<string, Definition>>(new Map());
  const error = useSignal("");
  useEffect(() => {
    let isGone = false;
    const load = async () => {
      const answer = await readVersions(app);
      if (isGone) return;
      error.value = answer.ok ? "" : answer.error.message;
      versions.value = answer.ok ? answer.body : [];
      const missing = versions.value.slice(0, count + 1).filter((version) => !read.peek().has(version));
      const found = await Promise.all(
        missing.map(async (version) => [version, await readVersion(app, version)] as const),
      );
      if (isGone) return;
      read.value = new Map([
        ...read.peek(),
        ...found.flatMap(([version, each]) => (each.ok ? [[version, each.body] as const] : [])),
      ]);
    };
    load();
    return () => {
      isGone = true;
    };
  }, [app.id, app.version, count]);
  return { list: versions.value, read: read.value, error: error.value };
}

export function Versions({ app, canChange }: { app: AppRow; canChange: boolean }) {
  const shown = useSignal(MOST_READ);
  const { list, read, error } = useVersions(app, shown.value);
  const [fresh, old] = [useQuery("to") || list[0] || "", useQuery("from") || list[1] || ""];
  if (error) return <Empty title="The versions can't be had">{error}</Empty>;
  const more = () => {
    shown.value += MOST_READ;
  };
  return (
    <div class="stack">
      <Panel title="Versions, newest first" flush>
        <ol class="versions">
          {list.slice(0, shown.value).map((version, index) => (
            <Version
              key={version}
              app={app}
              canChange={canChange}
              version={version}
              isNow={index === 0}
              old={old}
              fresh={fresh}
              told={told(read, version, list[index + 1])}
            />
          ))}
        </ol>
        {list.length > shown.value && (
          <button type="button" class="plain" onClick={more}>
            {list.length - shown.value} older
          </button>
        )}
      </Panel>
      {old && <Compared app={app} versions={[old, fresh]} read={read} />}
    </div>
  );
}

/** What a version changed, in words; undefined while that is not known. */
function told(
  read: ReadonlyMap<string, Definition>,
  version: string,
  before: string | undefined,
): string[] | undefined {
  const [now, then] = [read.get(version), read.get(before ?? "")];
  if (before === undefined) return ["the first that is kept"];
  if (now === undefined || then === undefined) return undefined;
  const found = changes(then, now).map(changeText);
  return found.length === 0 ? ["nothing: restarted, or rolled back"] : found;
}

/** Chooses a version as one of the two that are compared. */
function Mark({ name, version, marked }: { name: "from" | "to"; version: string; marked: string }) {
  return (
    <label>
      <input
        type="radio"
        name={`version-${name}`}
        checked={version === marked}
        onInput={() => setQuery(name, version)}
      />{" "}
      {name}
      <span class="hidden-text"> {version}</span>
    </label>
  );
}

interface VersionProps {
  readonly app: AppRow;
  readonly canChange: boolean;
  readonly version: string;
  readonly isNow: boolean;
  readonly old: string;
  readonly fresh: string;
  readonly told: readonly string[] | undefined;
}

function Version({ app, canChange, version, isNow, old, fresh, told }: VersionProps) {
  return (
    <li>
      <span class="row small">
        <Mark name="from" version={version} marked={old} /> <Mark name="to" version={version} marked={fresh} />
      </span>
      <div class="grow">
        <strong class="num">{version}</strong>{" "}
        <span class="muted">
          <Age at={Date.parse(version) / 1000} ago />
        </span>{" "}
        {isNow && <span class="chip">now</span>}
        <ul class="small wrap">
          {(told ?? ["…"]).slice(0, MOST_TOLD).map((each) => (
            <li key={each}>{each}</li>
          ))}
          {told && told.length > MOST_TOLD && <li>and {told.length - MOST_TOLD} more</li>}
        </ul>
      </div>
      {!isNow && canChange && (
        <button type="button" onClick={() => proposeRollBack(app, version)}>
          Roll back
        </button>
      )}
    </li>
  );
}

function Compared({
  app,
  versions: [old, fresh],
  read,
}: {
  app: AppRow;
  versions: readonly [string, string];
  read: ReadonlyMap<string, Definition>;
}) {
  const more = useSignal<ReadonlyMap<string, Definition>>(new Map());
  useEffect(() => {
    for (const version of [old, fresh]) {
      if (read.has(version) || more.peek().has(version)) continue;
      readVersion(app, version).then((answer) => {
        if (answer.ok) more.value = new Map([...more.peek(), [version, answer.body]]);
      });
    }
  }, [old, fresh]);
  const [then, now] = [old, fresh].map((version) => read.get(version) ?? more.value.get(version));
  return (
    <Panel title={`From ${old} to ${fresh}`}>
      {then && now ? (
        <DiffView old={bare(then)} fresh={bare(now)} label="The difference, line by line" />
      ) : (
        <p class="muted">Reading both …</p>
      )}
    </Panel>
  );
}

function bare({ version, versionInfo, ...definition }: Definition): Definition {
  return definition;
}

async function proposeRollBack(app: AppRow, version: string): Promise<void> {
  const then = await readVersion(app, version);
  const text = then.ok ? JSON.stringify(bare(then.body)) : "{}";
  const found = { kind: app.kind, ids: [app.id], text: layOut(text), line: 0 };
  const planned = await plan(found, []);
  const effects = planned.ok
    ? planEffects(planned.body, () => app.instances)
    : [`what it does can't be told: ${planned.error.message}`];
  proposeForApp({
    title: `Roll ${app.id} back`,
    Effect: () => (
      <>
        <p>Takes back the definition of {version}. This:</p>
        <ul>
          {effects.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      </>
    ),
    confirm: "Roll back",
    locked: planned.ok ? planned.body.conflicts.map(({ id }) => id) : [],
    send: (force) => rollBack(app, version, force),
    said: () => `${app.id} goes back to ${version}`,
  });
}
