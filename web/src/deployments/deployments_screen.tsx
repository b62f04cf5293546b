/** Deployments under way: their steps, how far each app is, why they wait, and how to end them. */

import { useMemo } from "preact/hooks";

import { ask } from "../ask/ask";
import { may } from "../ask/rights";
import { useTable } from "../live/live";
import { appPath } from "../model/places";
import type { DeploymentRow } from "../model/rows";
import { Age } from "../parts/age";
import { Barred } from "../parts/barred";
import { Bar } from "../parts/bar";
import { Copy } from "../parts/copy";
import { Empty, NotYet } from "../parts/empty";
import { SearchField, useQuery } from "../parts/field";
import { Icon } from "../parts/icon";
import { Panel, Screen } from "../parts/panel";
import { propose } from "../shell/dialog";
import { pathTo } from "../shell/router";
import {
  actionWord,
  appsText,
  findDeployments,
  progressParts,
  progressText,
  progressTotal,
  type StepState,
  stepState,
  stopEffect,
  undoEffect,
  whyTexts,
} from "./progress";

const MOST_NAMED = 12;
const LOOKS = {
  done: ["good", "check"],
  "under way": ["move", "arrow"],
  "to come": ["idle", "dot"],
} as const satisfies Readonly<Record<StepState, readonly [string, string]>>;

export function DeploymentsScreen() {
  const table = useTable("deployments");
  const search = useQuery("search");
  const shown = useMemo(() => findDeployments(table.rows.values(), search), [table.version, search]);
  return (
    <Screen
      title="Deployments"
      beside={table.ready && <span class="muted num">{table.rows.size}</span>}
      actions={shown.length > 0 && <Barred rights={["update_apps"]} what="apps, nor end deployments" />}
    >
      {table.rows.size > 0 && (
        <div class="row">
          <SearchField label="Find deployments" placeholder="App or id" />
        </div>
      )}
      {!table.ready ? (
        <NotYet table="deployments" />
      ) : shown.length === 0 ? (
        <NoDeployments search={search} hasAny={table.rows.size > 0} />
      ) : (
        shown.map((deployment) => <Deployment key={deployment.id} deployment={deployment} />)
      )}
    </Screen>
  );
}

function NoDeployments({ search, hasAny }: { search: string; hasAny: boolean }) {
  if (search !== "") {
    return (
      <Empty title={hasAny ? "No deployment under way matches" : "That deployment is over"}>
        What came of it stands in the timeline of each of its apps. <a href={pathTo("deployments")}>Show all</a>
      </Empty>
    );
  }
  return (
    <Empty title="No deployment is under way">
      Every change of an app is one while it is carried out. <a href={pathTo("apps")}>See the apps</a>
    </Empty>
  );
}

function Deployment({ deployment }: { deployment: DeploymentRow }) {
  const { id, apps, step, steps, began } = deployment;
  return (
    <Panel title={appsText(apps)} actions={may("update_apps") && <Ends deployment={deployment} />}>
      <div class="stack">
        <p class="row muted">
          <span>
            Step <b class="num">{step}</b> of <b class="num">{steps.length}</b>
          </span>
          <span>
            began <Age at={began} ago />
          </span>
          <span class="mono small clip">{id}</span>
          <Copy text={id} what="the id" />
        </p>
        <Steps deployment={deployment} />
        {deployment.progress.map((progress) => (
          <AppProgress key={progress.app} progress={progress} />
        ))}
        <Why sentences={whyTexts(deployment)} />
      </div>
    </Panel>
  );
}

function AppProgress({ progress }: { progress: DeploymentRow["progress"][number] }) {
  return (
    <div class="deploy-app">
      <a class="clip" href={appPath(progress.app)}>
        {progress.app}
      </a>
      <Bar name="instances" total={progressTotal(progress)} parts={progressParts(progress)} />
      <span class="num muted">{progressText(progress)}</span>
    </div>
  );
}

function Why({ sentences }: { sentences: readonly string[] }) {
  if (sentences.length === 0) return null;
  return (
    <div class="callout">
      <Icon name="clock" />
      <ul>
        {sentences.map((sentence) => (
          <li key={sentence} class="wrap">
            {sentence}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Steps({ deployment }: { deployment: DeploymentRow }) {
  return (
    <ol class="deploy-steps" aria-label="Steps">
      {deployment.steps.map(({ actions }, index) => {
        const state = stepState(deployment, index + 1);
        const [tone, icon] = LOOKS[state];
        const more = actions.length - MOST_NAMED;
        return (
          <li key={index} aria-current={state === "under way" ? "step" : undefined}>
            <span class={`state tone-${tone}`}>
              <Icon name={icon} />
              <span>
                {index + 1}. {state}
              </span>
            </span>
            <span class="row tight">
              {actions.slice(0, MOST_NAMED).map(({ action, app }) => (
                <span key={app} class="wrap">
                  {actionWord(action)} <a href={appPath(app)}>{app}</a>
                </span>
              ))}
              {more > 0 && <span class="muted">and {more} more</span>}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function Ends({ deployment }: { deployment: DeploymentRow }) {
  const { id, apps } = deployment;
  const end = (force: boolean) =>
    propose({
      title: `${force ? "Stop" : "Undo"} the deployment of ${appsText(apps)}`,
      body: <p>{force ? stopEffect(deployment) : undoEffect(deployment)}</p>,
      confirm: force ? "Stop it where it is" : "Undo",
      danger: force,
      act: () => ask("DELETE", `marathon/v2/deployments/${encodeURIComponent(id)}?force=${force}`),
      said: () => (force ? "The deployment is stopped" : "The deployment is being undone"),
    });
  return (
    <>
      <button type="button" onClick={() => end(false)}>
        Undo
      </button>
      <button type="button" onClick={() => end(true)}>
        Stop here
      </button>
    </>
  );
}
