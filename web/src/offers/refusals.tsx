/** Why a Marathon refused offers, gathered from the apps that wait. */

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";

import { hasMarathon } from "../ask/rights";
import { useTable } from "../live/live";
import type { RefusalRow } from "../model/rows";
import { appsToAsk, type Reason, reasonsByOffer } from "./offer_rules";

type ByApp = ReadonlyMap<string, readonly RefusalRow[]>;
export type Reasons = ReadonlyMap<string, readonly Reason[]>;
const NONE: Reasons = new Map();

/** Draws with the reasons by offer; with none where there is no Marathon. */
export function WithReasons({ children }: { children: (reasons: Reasons) => ComponentChildren }) {
  return hasMarathon() ? <Gathered>{children}</Gathered> : <>{children(NONE)}</>;
}

function Gathered({ children }: { children: (reasons: Reasons) => ComponentChildren }) {
  const waiting = useTable("waiting");
  const [byApp, setByApp] = useState<ByApp>(new Map());
  const apps = useMemo(() => appsToAsk(waiting.rows.values()), [waiting.version]);
  const reasons = useMemo(() => reasonsByOffer([...byApp].filter(([app]) => apps.includes(app))), [byApp, apps]);
  return (
    <>
      {apps.map((app) => (
        <RefusalsOf key={app} app={app} tell={(rows) => setByApp((known) => new Map(known).set(app, rows))} />
      ))}
      {children(reasons)}
    </>
  );
}

function RefusalsOf({ app, tell }: { app: string; tell: (rows: readonly RefusalRow[]) => void }) {
  const refusals = useTable("refusals", app);
  useEffect(() => tell([...refusals.rows.values()]), [refusals.version]);
  return null;
}
