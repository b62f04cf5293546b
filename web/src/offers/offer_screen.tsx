/** One offer: what it holds, who has it, and what became of it. */

import { useReady, useRow } from "../live/live";
import { resourceNames, valueText } from "../model/amounts";
import { appPath, frameworkPath, rolePath } from "../model/places";
import type { AgentRow, AnswerRow, OfferRow } from "../model/rows";
import { Age } from "../parts/age";
import { Bar } from "../parts/bar";
import { Empty } from "../parts/empty";
import { Facts, Panel, Screen } from "../parts/panel";
import { StateWord } from "../parts/state_word";
import { pathTo } from "../shell/router";
import { AgentLink, Until } from "./offer_columns";
import type { Reason } from "./offer_rules";
import { WithReasons } from "./refusals";

export function OfferScreen({ id }: { id: string }) {
  const open = useRow("offers", id);
  const answer = useRow("answers", id);
  const isKnown = [useReady("offers"), useReady("answers")].every(Boolean);
  const offer = answer ?? open;
  return (
    <Screen
      title={`Offer ${id}`}
      up={{ href: pathTo("offers"), label: "Offers" }}
      beside={offer && <StateWord state={answer?.outcome ?? "waiting"} word={answer?.outcome ?? "outstanding"} />}
    >
      {offer === undefined ? (
        <Empty title={isKnown ? "This offer is not remembered" : "Waiting for the offers …"}>
          {isKnown && "The master remembers the last 2,000 that ended."}
        </Empty>
      ) : (
        <>
          <About offer={offer} answer={answer} />
          {answer?.outcome === "declined" && (
            <WithReasons>{(reasons) => <WhyDeclined reasons={reasons.get(id) ?? []} />}</WithReasons>
          )}
          <Contents offer={offer} />
        </>
      )}
    </Screen>
  );
}

function About({ offer, answer }: { offer: OfferRow; answer: AnswerRow | undefined }) {
  const framework = useRow("frameworks", offer.framework);
  return (
    <Panel title={answer === undefined ? "Waiting for an answer" : "What became of it"}>
      <Facts
        facts={[
          ["Framework", <a href={frameworkPath(offer.framework)}>{framework?.name ?? offer.framework}</a>],
          ["Role", <a href={rolePath(offer.role)}>{offer.role}</a>],
          ["Agent", <AgentLink row={offer} />],
          ["Made", <Age at={offer.made} ago />],
          ["Ended", answer && <Age at={answer.ended} ago />],
          ["Not offered again", answer?.refused_until && <Until at={answer.refused_until} />],
          ["Why", answer?.why],
        ]}
      />
      {answer !== undefined && answer.operations.length > 0 && (
        <ul class="wrap">
          {answer.operations.map((operation, index) => (
            <li key={index}>
              <code>{operation}</code>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function WhyDeclined({ reasons }: { reasons: readonly Reason[] }) {
  if (reasons.length === 0) return null;
  return (
    <Panel title="Why Marathon declined it">
      <ul>
        {reasons.map((reason, index) => (
          <li key={index}>
            <a href={appPath(reason.app)}>{reason.app}</a>: {reason.text}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Contents({ offer }: { offer: OfferRow }) {
  const agent: AgentRow | undefined = useRow("agents", offer.agent);
  return (
    <Panel title="Contents">
      <div class="stack">
        {resourceNames(offer.resources).map((name) => (
          <div key={name}>
            <div class="bar-head">
              <span>{name}</span>
              <span class="muted num">
                {valueText(name, offer.resources[name] ?? 0)}
                {agent && ` of the agent's ${valueText(name, agent.total[name] ?? 0)}`}
              </span>
            </div>
            {agent && (
              <Bar
                name={name}
                total={agent.total[name] ?? 0}
                parts={[{ label: "offered", value: offer.resources[name] ?? 0, token: "offered" }]}
              />
            )}
          </div>
        ))}
        <code class="wrap">{offer.text}</code>
      </div>
    </Panel>
  );
}
