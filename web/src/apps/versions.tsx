/** The kept versions of an app: what each changed, two of them side by side, and the way back to one. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { AppRow } from "../model/rows";
import { Age } from "../parts/age";
import { Empty } from "../parts/empty";
import { useQuery } from "../parts/field";
import { Panel } from "../parts/panel";
import { setQuery } from "../shell/router";
import { planBody } from "./definitions";
import { DiffView } from "./diff_view";
import { changes, changeText } from "./differences";
import { type Plan, planEffects } from "./effects";
import { layOut } from "./editor/json_edit";
import { readVersion, readVersions, rollBack } from "./orders";
import { proposeForApp } from "./propose";
import { ask } from "../ask/ask";

type Definition = Record<string, unknown>;
/** So many definitions are read at once to say what changed. */
const MOST_READ = 20;
const MOST_TOLD = 6;

export function Versions({ app, canChange }: { app: AppRow; canChange: boolean }) {
  const versions = useSignal<readonly string[]>([]);
  const read = useSignal<ReadonlyMap<string, Definition>>(new Map());
  const error = useSignal("");
  const shown = useSignal(MOST_READ);
  useEffect(() => {
    let isGone = false;
    const load = async () => {
      const answer = await readVersions(app);
      if (isGone) return;
      error.value = answer.ok ? "" : answer.error.message;
      versions.value = answer.ok ? answer.body : [];
      const missing = versions.value.slice(0, shown.value + 1).filter((version) => !read.peek().has(version));
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
  }, [app.id, app.version, shown.value]);
  if (error.value) return <Empty title="The versions can't be had">{error.value}</Empty>;
  const list = versions.value;
  const [fresh, old] = [useQuery("to") || list[0] || "", useQuery("from") || list[1] || ""];
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
              told={told(read.value, version, list[index + 1])}
            />
          ))}
        </ol>
        {list.length > shown.value && (
          <button
            type="button"
            class="plain"
            onClick={() => {
              shown.value += MOST_READ;
            }}
          >
            {list.length - shown.value} older
          </button>
        )}
      </Panel>
      {old && <Compared app={app} versions={[old, fresh]} read={read.value} />}
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

function Version(props: {
  app: AppRow;
  canChange: boolean;
  version: string;
  isNow: boolean;
  old: string;
  fresh: string;
  told: string[] | undefined;
}) {
  const { app, canChange, version, isNow, old, fresh, told } = props;
  const at = Date.parse(version) / 1000;
  const mark = (name: string, marked: string) => (
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
  return (
    <li>
      <span class="row small">
        {mark("from", old)} {mark("to", fresh)}
      </span>
      <div class="grow">
        <strong class="num">{version}</strong>{" "}
        <span class="muted">
          <Age at={at} ago />
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
  const plan = await ask<Plan>(
    "POST",
    "marathon/koinon/plan?partialUpdate=false",
    new Blob([planBody(found, [])], { type: "application/json" }),
  );
  const effects = plan.ok
    ? planEffects(plan.body, () => app.instances)
    : [`what it does can't be told: ${plan.error.message}`];
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
    locked: plan.ok ? plan.body.conflicts.map(({ id }) => id) : [],
    send: (force) => rollBack(app, version, force),
    said: () => `${app.id} goes back to ${version}`,
  });
}
